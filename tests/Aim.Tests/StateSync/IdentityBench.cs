using Aim.Editions;
using Aim.Identity;
using Aim.Records;
using Aim.Tests.Setup;

namespace Aim.Tests.StateSync;

/// <summary>Two children whom the state knows, and what is done with rows that may be theirs.</summary>
internal static class IdentityBench
{
    public static readonly EditionKey Edition = new(Sample.District, Sample.Year);
    public static readonly StateId Known = new(100_200_301);
    public static readonly StateId Other = new(100_200_302);

    public const string Slip = "06/02/2015";

    public static Person Child(StateId id, string localId) =>
        new() { StateId = id, LastName = "Rivers", FirstName = $"Ana{localId}", BirthDate = new DateOnly(2015, 6, 1), Gender = "F" };

    public static Person Stone(StateId id) => new() { StateId = id, LastName = "Stone", FirstName = "Carl", BirthDate = new DateOnly(2013, 11, 28), Gender = "M" };

    public static Sample.Row StoneRow(string localId, params (string, string)[] values) =>
        Sample.Student(localId, ("LastName", "Stone"), ("FirstName", "Carl"), ("BirthDate", "11/28/2013"), ("Gender", "M")).With(values);

    public static Task LoadAsync(Workbench bench, params Sample.Row[] students) => bench.UploadAsync("SD", Sample.Tsv("SD", students));

    public static async Task<string> RecordAsync(Workbench bench, StateId id)
    {
        var records = await bench.Ports.State.FindAsync([id], Sample.Year, CancellationToken.None);
        return records.TryGetValue(id, out var record) ? string.Join(' ', record.Contributions.Select(item => item.LocalId)) : "none";
    }

    public static async Task<string> WaitingAsync(Workbench bench) => string.Join(' ', await bench.Platform.NearMatches.ListAsync(null, CancellationToken.None).Select(item => $"{item.Parked.LocalId}:{item.Parked.Reason}").ToListAsync());

    public static Task<(DecideStatus Status, StateId? StateId)> DecideAsync(Workbench bench, string localId, StateId? student) =>
        bench.Platform.NearMatches.DecideAsync(Edition, localId, student, "Asked the school.", "reviewer", CancellationToken.None);

    public static Task<MergeStatus> MergeAsync(Workbench bench, StateId retired, StateId survivor) => bench.Platform.IdentityMerges.MergeAsync(retired, survivor, "One child.", "reviewer", CancellationToken.None);

    public static async Task AgreesAsync(Workbench bench) => Assert.IsEmpty((await bench.SyncAsync()).Disagreed);
}
