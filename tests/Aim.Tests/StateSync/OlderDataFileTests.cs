using Aim.Host.Embedded;
using Aim.Tests.Setup;
using Microsoft.Extensions.Logging.Abstractions;

namespace Aim.Tests.StateSync;

/// <summary>A data file from before changed students were listed: what was loaded and not yet synced reaches the state all the same.</summary>
[TestClass]
public sealed class OlderDataFileTests
{
    [TestMethod]
    public async Task What_an_older_program_loaded_and_did_not_sync_is_synced_by_this_one()
    {
        string folder;
        await using (var bench = await Workbench.OpenAsync())
        {
            await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002", ("FirstName", "Ben")), Sample.Student("1003", ("FirstName", "Cleo"))));
            await bench.UploadAsync("SD", Sample.Tsv("SD", Sample.Student("1002", ("FirstName", "Benno"))), deferSync: true);
            folder = bench.Data.Path;
        }
        MakeOlder(folder);

        await using var data = Open(folder);
        data.Engine.Start();
        var night = await new Host.Commands.StateSyncer(data, TimeProvider.System).RunAsync(verifyAll: true, countsHits: false, CancellationToken.None);

        Assert.AreEqual((1, 1L), (night.EditionsBehind, night.Students), "only the student who was changed");
        Assert.IsEmpty(night.Disagreed);
    }

    [TestMethod]
    public async Task Two_programs_that_open_an_older_folder_at_once_both_go_on_with_it()
    {
        for (var round = 0; round < 10; round++)
        {
            var folder = AssemblySetup.NewFolder("older");
            await using (Open(folder)) { }
            MakeOlder(folder);
            using var start = new Barrier(2);

            var opened = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Task.Factory.StartNew(() => { start.SignalAndWait(); return Open(folder); }, TaskCreationOptions.LongRunning)));

            foreach (var data in opened) await data.DisposeAsync();
        }
    }

    private static DataFolder Open(string folder) => DataFolder.Open(folder, new Uri("http://localhost:5080"), TimeProvider.System, NullLoggerFactory.Instance);

    /// <summary>As version 2 of the schema had it: only students with a removed row were listed.</summary>
    private static void MakeOlder(string folder)
    {
        using var session = new SqliteSession(Path.Combine(folder, DataFolder.DataFile));
        session.ExecuteScript("""
            CREATE TABLE edition_removal (edition INTEGER NOT NULL, local_id TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (edition, local_id)) WITHOUT ROWID;
            DROP TABLE edition_change;
            PRAGMA user_version = 2;
            """);
    }
}
