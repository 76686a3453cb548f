using System.Text.Json;
using Aim.Editions;
using Aim.Organizations;
using Aim.Rules;
using Aim.Tests.Setup;
using Aim.Uploads;

namespace Aim.Tests.Rules;

/// <summary>How often rules are broken is counted by the night, where something changed, and kept.</summary>
[TestClass]
public sealed class RuleHitCountsTests
{
    private static readonly DateTimeOffset Start = new(2026, 2, 2, 18, 0, 0, TimeSpan.Zero);

    private static Task SendAsync(Workbench bench, params string[] localIds) => bench.UploadAsync("SD", FixtureFile.Of("SD", [.. localIds.Select(id => Sample.Student(id, ("Gender", "")))]).Content);

    private static async Task<string> HitsAsync(Workbench bench)
    {
        var hits = await bench.Platform.RuleHits.ReadAsync(Sample.Year, CancellationToken.None);
        return $"{hits.Tally.Of([RuleCatalog.Get("IDN-001")]).Single().Hits} from {hits.CountedFrom - Start:%d} to {hits.CountedTo - Start:%d}";
    }

    [TestMethod]
    public async Task An_edition_is_counted_by_the_first_night_and_after_a_change_by_the_first_night_a_week_later()
    {
        var clock = new HandClock(Start);
        await using var bench = await Workbench.OpenAsync(clock: clock);
        await SendAsync(bench, "1001");
        Assert.AreEqual("0 from  to ", await HitsAsync(bench));

        await NightAsync();
        Assert.AreEqual("1 from 0 to 0", await HitsAsync(bench));

        await SendAsync(bench, "1002");
        clock.Pass(TimeSpan.FromDays(1));
        await NightAsync();
        Assert.AreEqual("1 from 0 to 0", await HitsAsync(bench), "counted the night before");

        clock.Pass(TimeSpan.FromDays(6));
        await NightAsync();
        Assert.AreEqual("2 from 7 to 7", await HitsAsync(bench));

        clock.Pass(TimeSpan.FromDays(14));
        await NightAsync();
        Assert.AreEqual("2 from 7 to 7", await HitsAsync(bench), "nothing has changed");

        var sample = Sample.Reference();
        var set = new Dictionary<string, int> { [Thresholds.ShareMoved.Name] = 30 };
        await bench.Platform.References.PublishAsync(new ReferenceData(sample.Year, sample.Agency, sample.Districts, sample.Schools, sample.Calendars, set), CancellationToken.None);
        await NightAsync();
        Assert.AreEqual("2 from 21 to 21", await HitsAsync(bench), "rules ask the reference data");

        async Task NightAsync() => await bench.NightAsync(DateOnly.FromDateTime(clock.GetUtcNow().UtcDateTime));
    }

    [TestMethod]
    public async Task Every_rule_is_listed_and_one_that_keeps_rows_out_has_the_hit_rate_of_the_newest_upload_that_was_loaded_or_refused()
    {
        await using var bench = await Workbench.OpenAsync();
        var good = FixtureFile.Of("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002")).Content;
        var bad = FixtureFile.Of("EN", Sample.Enrollment("1001", ("SchoolNumber", "0999")), Sample.Enrollment("1002")).Content;
        await SendAsync(bench, "1001", "1002");
        await bench.UploadAsync("EN", bad);
        await bench.UploadAsync("EN", good, UploadMode.Test);
        await bench.UploadAsync("CO", "no file of this kind");

        var rates = await RatesAsync(bench);

        CollectionAssert.AreEqual(RuleCatalog.All.Select(rule => rule.Id).ToList(), rates.Keys.ToList());
        Assert.AreEqual((0L, new UploadHits(4, 1, 0.25, 1)), (rates["REF-001"].Hits, rates["REF-001"].Uploaded), "one of the four rows of the newest uploads was kept out");
        Assert.AreEqual((0L, new UploadHits(3, 1, 0.333333, 1)), (rates["FMT-001"].Judged, rates["FMT-001"].Uploaded), "one of three files was refused");
        Assert.AreEqual(new UploadHits(2, 2, 1, 1), rates["IDN-001"].Uploaded);
        Assert.AreEqual((null, 0L), (rates["ENR-004"].Uploaded, rates["ENR-004"].OpenCases), "only the state can see it");

        await bench.UploadAsync("EN", good);
        Assert.AreEqual(new UploadHits(4, 0, 0, 0), (await RatesAsync(bench))["REF-001"].Uploaded, "the newest upload has it corrected");
    }

    private static async Task<Dictionary<string, RuleHits>> RatesAsync(Workbench bench) =>
        (await bench.Platform.RuleHitRates.OfAsync(await bench.Platform.RuleHits.ReadAsync(Sample.Year, CancellationToken.None), CancellationToken.None)).ToDictionary(rule => rule.Rule);

    [TestMethod]
    public async Task What_is_kept_of_a_count_says_the_same_as_the_count()
    {
        await using var bench = await Workbench.OpenAsync();
        await SendAsync(bench, "1001", "1002");
        await bench.UploadAsync("EN", FixtureFile.Of("EN", Sample.Enrollment("1001"), Sample.Enrollment("1002", ("SchoolNumber", Sample.HighSchool), ("Grade", "12"), ("StartStatus", "60"))).Content);
        var edition = new EditionKey(Sample.District, Sample.Year);

        var counted = await bench.Platform.Validation.CountAsync(edition, CancellationToken.None);
        var kept = await bench.Platform.RuleHits.CountYearAsync(Sample.Year, CancellationToken.None);

        Assert.IsGreaterThan(1, counted.Of(RuleCatalog.All).Count(rule => rule.Hits > 0));
        Assert.AreEqual(Said(counted), Said(kept.Tally));

        static string Said(RuleTally tally) => JsonSerializer.Serialize(new { tally.Editions, tally.Students, tally.Rows, Rules = tally.Of(RuleCatalog.All) });
    }
}
