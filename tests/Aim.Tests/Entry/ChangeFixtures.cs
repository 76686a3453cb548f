using System.Text.Json.Nodes;
using Aim.Rules;
using static Aim.Tests.Entry.EntryHost;

namespace Aim.Tests.Entry;

/// <summary>A change that breaks a rule which no row of a file can break, and one that differs as little as possible and doesn't.</summary>
internal sealed record ChangeFixture(string Rule, string Case, JsonObject Fails, JsonObject Passes)
{
    public string Name => $"{Rule}: {Case}";

    /// <summary>What is there already, besides the student's demographics.</summary>
    public IReadOnlyList<JsonObject> Before { get; init; } = [];

    /// <summary>The field of the student's enrollment that the state holds.</summary>
    public string? Held { get; init; }
}

internal static class ChangeFixtures
{
    public static IReadOnlyList<ChangeFixture> All { get; } =
    [
        new("FMT-013", "a record that was never sent", Delete("EN", "0001|001|P|20250825"), Delete("SD", null)),
        new("FMT-013", "a student who was never sent", Delete("SD", null, "9999"), Delete("SD", null)),
        new("FMT-014", "the start date in the key is not the record's", Upsert("EN", "0001|001|P|20250826", Enrollment()), Upsert("EN", "0001|001|P|20250825", Enrollment())),
        new("FMT-014", "a key for a record that has none", Upsert("SD", "1", Student()), Upsert("SD", null, Student())),
        new("FMT-014", "the record's own key is another's", Upsert("EN", "0001|001|P|20250825", Starting("2026-01-16")), Upsert("EN", "0001|001|P|20250825", Ending("2026-01-14")))
            { Before = [Upsert("EN", null, Ending("2026-01-15")), Upsert("EN", null, Starting("2026-01-16"))] },
        new("FMT-015", "the state holds the grade", Upsert("EN", "0001|001|P|20250825", Starting("2025-08-26")), Upsert("EN", "0001|001|P|20250825", Enrollment()))
            { Before = [Upsert("EN", null, Enrollment())], Held = "grade" },
    ];

    /// <summary>The sample enrollment from another day on.</summary>
    public static JsonObject Starting(string day)
    {
        var record = Enrollment();
        record["startDate"] = day;
        return record;
    }

    /// <summary>The sample enrollment to another day.</summary>
    public static JsonObject Ending(string day)
    {
        var record = Enrollment();
        record["endDate"] = day;
        return record;
    }

    public static JsonObject Upsert(string type, string? key, JsonObject record, string localId = "1001") =>
        new() { ["op"] = "upsert", ["recordType"] = type, ["localId"] = localId, ["key"] = key, ["record"] = record.DeepClone() };

    public static JsonObject Delete(string type, string? key, string localId = "1001") => new() { ["op"] = "delete", ["recordType"] = type, ["localId"] = localId, ["key"] = key };
}

[TestClass]
public sealed class ChangeFixtureTests
{
    public static IEnumerable<object[]> Names => ChangeFixtures.All.Select(fixture => new object[] { fixture.Name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task A_mistake_of_a_pushed_change_is_found_as_its_rule_and_nothing_once_it_is_corrected(string name)
    {
        var fixture = ChangeFixtures.All.Single(item => item.Name == name);
        await using var entry = await StartAsync();
        await entry.PushAsync(1, [ChangeFixtures.Upsert("SD", null, Student()), .. fixture.Before]);
        if (fixture.Held is { } field) await entry.HoldAsync(field, "04");

        var failed = (await entry.PushAsync(2, fixture.Fails)).Body;
        Assert.AreEqual(fixture.Rule, string.Join(' ', EntryHost.RulesOfPush(failed)), $"{failed}");
        Assert.AreEqual(RuleCatalog.Get(fixture.Rule).Severity == Severity.Fatal ? 1 : 0, failed.GetProperty("counts").GetProperty("leftOut").GetInt32());
        var passed = (await entry.PushAsync(3, fixture.Passes)).Body;
        Assert.AreEqual("Applied", passed.GetProperty("state").GetString(), $"{passed}");
        Assert.AreEqual("", string.Join(' ', EntryHost.RulesOfPush(passed)), $"{passed}");
    }
}
