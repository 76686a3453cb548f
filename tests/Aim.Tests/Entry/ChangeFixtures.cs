using System.Net;
using System.Text.Json.Nodes;
using Aim.Rules;
using static Aim.Tests.Entry.EntryHost;

namespace Aim.Tests.Entry;

/// <summary>A change that breaks a rule which no row of a file can break, and one that differs as little as possible and doesn't.</summary>
internal sealed record ChangeFixture(string Rule, string Case, JsonObject Fails, JsonObject Passes)
{
    public string Name => $"{Rule}: {Case}";
}

internal static class ChangeFixtures
{
    public static IReadOnlyList<ChangeFixture> All { get; } =
    [
        new("FMT-014", "the start date in the key is not the record's", Upsert("EN", "0001|001|P|20250826", Enrollment()), Upsert("EN", "0001|001|P|20250825", Enrollment())),
        new("FMT-014", "a key for a record that has none", Upsert("SD", "1", Student()), Upsert("SD", null, Student())),
    ];

    public static JsonObject Upsert(string type, string? key, JsonObject record, string localId = "1001") =>
        new() { ["op"] = "upsert", ["recordType"] = type, ["localId"] = localId, ["key"] = key, ["record"] = record };

    public static JsonObject Delete(string type, string? key, string localId = "1001") => new() { ["op"] = "delete", ["recordType"] = type, ["localId"] = localId, ["key"] = key };
}

[TestClass]
public sealed class ChangeFixtureTests
{
    public static IEnumerable<object[]> Names => ChangeFixtures.All.Select(fixture => new object[] { fixture.Name });

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task A_mistake_of_a_change_is_found_as_its_rule_and_nothing_once_it_is_corrected(string name)
    {
        var fixture = ChangeFixtures.All.Single(item => item.Name == name);
        await using var entry = await StartAsync();
        await entry.PutAsync("records/SD/1001", Student(), onlyNew: true);
        var (_, _, etag) = await entry.GetAsync("records/SD/1001");

        var failed = await SaveAsync(fixture.Fails);
        Assert.AreEqual(fixture.Rule, string.Join(' ', RulesOf(failed.Body)));
        Assert.AreEqual(RuleCatalog.Get(fixture.Rule).Severity == Severity.Fatal, failed.Status == HttpStatusCode.UnprocessableEntity);
        Assert.AreEqual("", string.Join(' ', RulesOf((await SaveAsync(fixture.Passes)).Body)));

        Task<(HttpStatusCode Status, System.Text.Json.JsonElement Body, string? ETag)> SaveAsync(JsonObject change) =>
            entry.PutAsync($"records/{change["recordType"]}/{change["localId"]}{(change["key"] is { } key ? $"/{Uri.EscapeDataString(key.ToString())}" : "")}", change["record"]!.DeepClone(),
                ifMatch: change["recordType"]!.ToString() == "SD" ? etag : null);
    }
}
