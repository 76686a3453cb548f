using Aim.Bench.Cases;
using Aim.Host.Generate;

namespace Aim.Bench;

/// <summary>Every case, in the order of the table.</summary>
internal static class BenchCases
{
    private const long Megabyte = 1_000_000;
    private const double FlatSlack = 64;
    private const double WholeFileBytesARow = 24;

    /// <summary>Students a second may fall by a fifth from 50,000 students on before time no longer counts as linear.</summary>
    private const double Linear = 0.8;

    public static IReadOnlyList<BenchCase> All { get; } =
    [
        OnFile("validate", "Enrollment file to findings, no mistakes in it", Large, Validation.CheckAsync) with
            { IsSteady = true, Peer = "duckdb", Targets = [Target.RowsASecond(1_000_000), Target.Speed(1.5)] },
        OnFile("duckdb", "DuckDB, the same rules in SQL, 2 threads", Large, DuckDbRules.CheckAsync) with { IsSteady = true },
        OnFile("validate-mistakes", "The same with mistakes in 2 % of the students", LargeWithMistakes, Validation.CheckAsync) with
            { IsSteady = true, Peer = "duckdb-mistakes", Targets = [Target.Speed(1.5)] },
        OnFile("duckdb-mistakes", "DuckDB on the file with mistakes", LargeWithMistakes, DuckDbRules.CheckAsync) with { IsSteady = true },
        OnFile("stage", "Enrollment file to findings and staged rows", Large, Validation.StageAsync) with { IsSteady = true, Peer = "duckdb" },
        OnFile("fields", "Limit: delimited text read to fields, one core", Large, file => Limits.FieldsAsync(file.Path)) with { IsSteady = true },
        OnFile("lines", "Limit: bytes read, lines counted", Large, file => Limits.LinesAsync(file.Path)) with { IsSteady = true },

        OnFile("memory-small", "Row rules, 10 MB (at full size)", data => Sized(data, 10), Validation.CheckAsync),
        OnFile("memory-medium", "Row rules, 100 MB", data => Sized(data, 100), Validation.CheckAsync) with { Peer = "memory-small", IsAboutMemory = true, Targets = [Target.Flat(FlatSlack)] },
        OnFile("memory-large", "Row rules, 1 GB", data => Sized(data, 1000), Validation.CheckAsync) with { Peer = "memory-small", IsAboutMemory = true, Targets = [Target.Flat(FlatSlack)] },
        OnFile("staged-medium", "Staging, 100 MB", data => Sized(data, 100), Validation.StageAsync),
        OnFile("staged-large", "Staging, 1 GB", data => Sized(data, 1000), Validation.StageAsync) with
            { Peer = "staged-medium", IsAboutMemory = true, Targets = [Target.Flat(FlatSlack, WholeFileBytesARow)] },

        OnState("load", "State from files to synced state records, core record types", Options.FullSize) with { Peer = "insert", Targets = [Target.Seconds(30), Target.Megabytes(1000)] },
        OnState("load-all", "The same with every record type", Options.FullSize, SampleRecords.All) with { Peer = "load" },
        new("insert", "Limit: the same lines inserted into SQLite", data => Limits.InsertAsync(data.State(data.Students), data.NewFolder("insert"))) { Prepare = GeneratedAsync },
        new("reload", "The same files again, unchanged", data => Loading.LoadAsync(data.State(data.Students), data.CopyOfLoaded(), mayChange: false))
            { Peer = "load", Targets = [Target.Speed(5)], Prepare = LoadedAsync },
        new("file-reload", "One large file again, unchanged", data => Loading.LargeFileAsync(data, again: true)) { Peer = "file-load", Targets = [Target.Speed(5)], Prepare = Loading.GenerateLargeAsync },
        new("file-load", "One large file for the first time", data => Loading.LargeFileAsync(data, again: false)) { Prepare = Loading.GenerateLargeAsync },
        new("night", "Nightly sync with nothing changed", Loading.NightAsync) { IsSteady = true, Targets = [Target.Seconds(1)], Prepare = LoadedAsync },

        new("save", "1,000 saves by hand over HTTP, each synced", Saving.SaveAsync) { Peer = "commit", Targets = [Target.Milliseconds99(50)], Prepare = LoadedAsync },
        new("commit", "Limit: as many transactions of one row, flushed", Saving.CommitAsync) { Prepare = _ => Task.CompletedTask },

        new("freeze", "Freeze and FS052 at three levels", Freezing.MembershipAsync) { Targets = [Target.Seconds(5)], Prepare = LoadedAsync },
        new("freeze-all", "Snapshot with all federal files", Freezing.AllFilesAsync) { Prepare = LoadedAsync },

        new("revalidate", "Whole-state re-validation, every record type, every rule", Revalidation.StateAsync) { Peer = "revalidate-read", Targets = [Target.Seconds(20)], Prepare = Revalidation.PrepareStateAsync },
        new("revalidate-read", "Limit: the same rows read and decoded, no rule asked", Revalidation.ReadAsync) { Prepare = Revalidation.PrepareStateAsync },
        new("revalidate-district", "A district of 2,000 students (at full size) re-validated", Revalidation.DistrictAsync) { IsSteady = true, Targets = [Target.Seconds(1)], Prepare = Revalidation.PrepareDistrictAsync },

        Of("identity-lookup", "Children looked up among 1,000,000 people (at full size)", data => Matching.LookUpAsync(data.Scaled(1_000_000))) with
            { IsSteady = true, Peer = "identity-exact", Targets = [Target.RowsASecond(20_000), Target.Megabytes(1500)] },
        Of("identity-exact", "Limit: the same by exact name and birth date in a dictionary", data => Matching.LookUpExactlyAsync(data.Scaled(1_000_000))) with { IsSteady = true },
        Of("identity-scan", "1,000,000 people searched for two State IDs of one child", data => Matching.ScanAsync(data.Scaled(1_000_000))) with { Peer = "identity-join", Targets = [Target.Seconds(60)] },
        Of("identity-join", "DuckDB, the pairs to compare found by joins, 2 threads", data => Matching.JoinAsync(data.Scaled(1_000_000))),
        Of("identity-evaluate", "Two lists of a state's children matched", data => Matching.EvaluateAsync(data.Students)) with { Peer = "identity-evaluate-join" },
        Of("identity-evaluate-join", "DuckDB, the pairs to compare found by joins, 2 threads", data => Matching.EvaluateByJoinAsync(data.Students)),

        OnState("load-10k", "State of 10,000 students (at full size), core record types", 10_000) with { Peer = "load-50k" },
        OnState("load-50k", "State of 50,000 students, core record types", 50_000),
        OnState("load-150k", "State of 150,000 students, core record types", 150_000) with { Peer = "load-50k", Targets = [Target.Speed(Linear)] },
        OnState("load-1m", "State of 1,000,000 students, core record types", 1_000_000) with { Peer = "load-50k", Targets = [Target.Speed(Linear)], IsLarge = true },
    ];

    private static EnrollmentFile Large(BenchData data) => data.Enrollments(data.LargeRows);

    private static EnrollmentFile LargeWithMistakes(BenchData data) => data.Enrollments(data.LargeRows, errorRate: BenchData.MistakeRate);

    private static EnrollmentFile Sized(BenchData data, long megabytes) => data.Enrollments(bytes: data.Scaled(megabytes * Megabyte));

    private static BenchCase OnFile(string name, string what, Func<BenchData, EnrollmentFile> file, Func<EnrollmentFile, Task<Outcome>> run) =>
        new(name, what, data => run(file(data))) { Prepare = data => { file(data); return Task.CompletedTask; } };

    private static BenchCase Of(string name, string what, Func<BenchData, Task<Outcome>> run) => new(name, what, run) { Prepare = Matching.NoPreparationAsync };

    /// <summary>A whole state, loaded into a new data folder.</summary>
    private static BenchCase OnState(string name, string what, int students, SampleRecords records = SampleRecords.Core) =>
        new(name, what, data => Loading.LoadAsync(data.State(data.Scaled(students), records: records), data.NewFolder("load"), mayChange: true)) { Prepare = data => { data.State(data.Scaled(students), records: records); return Task.CompletedTask; } };

    private static Task GeneratedAsync(BenchData data)
    {
        data.State(data.Students);
        return Task.CompletedTask;
    }

    private static async Task LoadedAsync(BenchData data)
    {
        if (!Directory.Exists(data.Loaded)) await Loading.LoadAsync(data.State(data.Students), data.Loaded, mayChange: true);
    }
}
