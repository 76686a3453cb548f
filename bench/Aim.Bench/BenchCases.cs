using Aim.Bench.Cases;

namespace Aim.Bench;

/// <summary>Every case, in the order of the table.</summary>
internal static class BenchCases
{
    private const long Megabyte = 1_000_000;
    private const double FlatSlack = 64;
    private const double WholeFileBytesARow = 24;

    public static IReadOnlyList<BenchCase> All { get; } =
    [
        new("validate", "Enrollment file to findings, no mistakes in it", data => Validation.CheckAsync(data.Enrollments(data.LargeRows)))
            { IsSteady = true, Peer = "duckdb", Targets = [Target.RowsASecond(1_000_000), Target.Speed(1.5)] },
        new("duckdb", "DuckDB, the same rules in SQL, 2 threads", data => DuckDbRules.CheckAsync(data.Enrollments(data.LargeRows))) { IsSteady = true },
        new("validate-mistakes", "The same with mistakes in 2 % of the students", data => Validation.CheckAsync(data.Enrollments(data.LargeRows, errorRate: BenchData.MistakeRate)))
            { IsSteady = true, Peer = "duckdb-mistakes", Targets = [Target.Speed(1.5)] },
        new("duckdb-mistakes", "DuckDB on the file with mistakes", data => DuckDbRules.CheckAsync(data.Enrollments(data.LargeRows, errorRate: BenchData.MistakeRate))) { IsSteady = true },
        new("stage", "Enrollment file to findings and staged rows", data => Validation.StageAsync(data.Enrollments(data.LargeRows))) { IsSteady = true, Peer = "duckdb" },
        new("fields", "Limit: delimited text read to fields, one core", data => Limits.FieldsAsync(data.Enrollments(data.LargeRows).Path)) { IsSteady = true },
        new("lines", "Limit: bytes read, lines counted", data => Limits.LinesAsync(data.Enrollments(data.LargeRows).Path)) { IsSteady = true },

        new("memory-small", "Row rules, file of 10 MB at full size", data => Validation.CheckAsync(data.Enrollments(bytes: data.Scaled(10 * Megabyte)))),
        new("memory-medium", "Row rules, file of 100 MB", data => Validation.CheckAsync(data.Enrollments(bytes: data.Scaled(100 * Megabyte)))) { Peer = "memory-small", Targets = [Target.Flat(FlatSlack)] },
        new("memory-large", "Row rules, file of 1 GB", data => Validation.CheckAsync(data.Enrollments(bytes: data.Scaled(1000 * Megabyte)))) { Peer = "memory-small", Targets = [Target.Flat(FlatSlack)] },
        new("memory-staged", "Staging, file of 1 GB", data => Validation.StageAsync(data.Enrollments(bytes: data.Scaled(1000 * Megabyte))))
            { Peer = "memory-small", Targets = [Target.Flat(FlatSlack, WholeFileBytesARow)] },

        new("load", "State from files to synced state records", data => Loading.LoadAsync(data.State(data.Students), data.NewFolder("load"), mayChange: true))
            { Peer = "insert", Targets = [Target.Seconds(30), Target.Megabytes(1000)] },
        new("insert", "Limit: the same lines inserted into SQLite", data => Limits.InsertAsync(data.State(data.Students), data.NewFolder("insert"))),
        new("reload", "The same files again, unchanged", data => Loading.LoadAsync(data.State(data.Students), data.CopyOfLoaded(), mayChange: false))
            { Peer = "load", Targets = [Target.Speed(5)], Prepare = LoadedAsync },
        new("file-reload", "One large file again, unchanged", data => Loading.LargeFileAsync(data, again: true)) { Peer = "file-load", Targets = [Target.Speed(5)] },
        new("file-load", "One large file for the first time", data => Loading.LargeFileAsync(data, again: false)),
        new("night", "Nightly sync with nothing changed", Loading.NightAsync) { IsSteady = true, Targets = [Target.Seconds(1)], Prepare = LoadedAsync },

        new("freeze", "Freeze and FS052 at three levels", Freezing.MembershipAsync) { Targets = [Target.Seconds(5)], Prepare = LoadedAsync },
        new("freeze-all", "Snapshot with all federal files", Freezing.AllFilesAsync) { Prepare = LoadedAsync },

        Sized("load-10k", 10_000) with { Peer = "load-50k" },
        Sized("load-50k", 50_000),
        Sized("load-150k", 150_000) with { Peer = "load-50k", Targets = [Target.Speed(0.8)] },
        Sized("load-1m", 1_000_000) with { Peer = "load-50k", Targets = [Target.Speed(0.8)], IsLarge = true },
    ];

    /// <summary>For linearity: the same work at several sizes.</summary>
    private static BenchCase Sized(string name, int students) => new(name, FormattableString.Invariant($"State of {students:N0} students"), data =>
    {
        var size = (int)Math.Max(100, (long)students * data.Students / Options.FullSize);
        return Loading.LoadAsync(data.State(size), data.NewFolder("sized"), mayChange: true);
    });

    private static async Task LoadedAsync(BenchData data)
    {
        if (!Directory.Exists(data.Loaded)) await Loading.LoadAsync(data.State(data.Students), data.Loaded, mayChange: true);
    }
}
