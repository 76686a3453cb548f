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
    public async Task A_year_without_schools_is_left_alone_so_that_its_name_stays_free()
    {
        await using var bench = await Workbench.OpenAsync();

        Assert.IsEmpty(await bench.Platform.Collections.StartDueAsync(new DateOnly(2030, 10, 25), CancellationToken.None));

        Assert.IsNull(await bench.Platform.Workflows.FindAsync(SnapshotWorkflow.InstanceOf("fall-2031"), CancellationToken.None));
    }
}
