using Aim.Organizations;
using Aim.Records;
using Aim.Rules;
using Aim.Snapshots;
using Aim.Tests.Setup;

namespace Aim.Tests.Snapshots;

[TestClass]
public sealed class CollectionScheduleTests
{
    [TestMethod]
    [DataRow("2025-10-22", "")]
    [DataRow("2025-10-23", "fall-2026")]
    [DataRow("2025-10-29", "fall-2026")]
    [DataRow("2025-10-30", "")]
    [DataRow("2026-02-15", "spring-2026")]
    [DataRow("2026-07-01", "year-end-2026")]
    [DataRow("2026-01-01", "")]
    public async Task A_collection_is_frozen_once_its_window_has_closed(string today, string expected)
    {
        await using var bench = await Workbench.OpenAsync();

        var started = await bench.Platform.Collections.StartDueAsync(DateOnly.Parse(today, null), CancellationToken.None);

        Assert.AreEqual(expected, string.Join(' ', started.Select(collection => collection.Name)));
        Assert.IsEmpty(await bench.Platform.Collections.StartDueAsync(DateOnly.Parse(today, null), CancellationToken.None), "a second tick starts nothing");
        foreach (var collection in started)
        {
            await bench.Data.Engine.WhenFinishedAsync(SnapshotWorkflow.InstanceOf(collection.Name), CancellationToken.None);
            Assert.AreEqual(collection.CountDay, (await bench.Platform.Snapshots.FindAsync(collection.Name, CancellationToken.None))!.Date);
        }
    }

    [TestMethod]
    [DataRow("2025-10-18", "fall-2026", "2025-10-06")]
    [DataRow("2025-10-26", "", "", DisplayName = "eight days after the state's last day, four after the default's")]
    [DataRow("2026-02-14", "", "", DisplayName = "on the default's last day of a collection of which nothing is set")]
    [DataRow("2026-02-15", "spring-2026", "2026-02-02")]
    [DataRow("2026-07-01", "", "", DisplayName = "the day after the default's last day")]
    [DataRow("2026-07-10", "", "", DisplayName = "on the state's last day")]
    [DataRow("2026-07-11", "year-end-2026", "2026-05-20")]
    public async Task A_window_closes_on_the_day_that_the_state_has_set_for_the_year_and_not_on_the_default(string today, string expected, string countDay)
    {
        await using var bench = await Workbench.OpenAsync(reference: WithDays(Sample.Year,
            (CollectionName.FallCount, new(new DateOnly(2025, 10, 17))), (CollectionName.EndOfYear, new(new DateOnly(2026, 7, 10), new DateOnly(2026, 5, 20)))));

        var started = await bench.Platform.Collections.StartDueAsync(DateOnly.Parse(today, null), CancellationToken.None);

        Assert.AreEqual(expected, string.Join(' ', started.Select(collection => collection.Name)));
        foreach (var collection in started)
        {
            await bench.Data.Engine.WhenFinishedAsync(SnapshotWorkflow.InstanceOf(collection.Name), CancellationToken.None);
            Assert.AreEqual(DateOnly.Parse(countDay, null), (await bench.Platform.Snapshots.FindAsync(collection.Name, CancellationToken.None))!.Date);
            Assert.AreEqual(new DateOnly(2025, 10, 17), (await bench.Platform.Snapshots.OpenAsync(collection.Name, CancellationToken.None))!.Reference.Collections![CollectionName.FallCount].Closes, "the freeze keeps what was set");
        }
    }

    [TestMethod]
    public async Task What_is_set_for_one_year_leaves_the_next_as_it_is()
    {
        await using var bench = await Workbench.OpenAsync(reference: WithDays(Sample.Year, (CollectionName.FallCount, new(new DateOnly(2025, 10, 17)))));
        await bench.Platform.References.PublishAsync(Sample.Reference(new SchoolYear(2027)), CancellationToken.None);

        Assert.IsEmpty(await bench.Platform.Collections.StartDueAsync(new DateOnly(2026, 10, 18), CancellationToken.None));

        Assert.AreEqual("fall-2027", (await bench.Platform.Collections.StartDueAsync(new DateOnly(2026, 10, 23), CancellationToken.None)).Single().Name);
    }

    private static ReferenceData WithDays(SchoolYear year, params (string Collection, CollectionDays Days)[] days)
    {
        var sample = Sample.Reference(year);
        return new ReferenceData(sample.Year, sample.Agency, sample.Districts, sample.Schools, sample.Calendars, collections: days.ToDictionary(item => item.Collection, item => item.Days));
    }

    [TestMethod]
    public async Task A_year_without_schools_is_left_alone_so_that_its_name_stays_free()
    {
        await using var bench = await Workbench.OpenAsync();

        Assert.IsEmpty(await bench.Platform.Collections.StartDueAsync(new DateOnly(2030, 10, 25), CancellationToken.None));

        Assert.IsNull(await bench.Platform.Workflows.FindAsync(SnapshotWorkflow.InstanceOf("fall-2031"), CancellationToken.None));
    }
}
