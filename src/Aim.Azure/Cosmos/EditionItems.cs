using System.Text.Json.Serialization;
using Aim.Editions;
using Aim.Records;

namespace Aim.Azure.Cosmos;

/// <summary>What an item holds about a row under one load: the row, or that it was removed.</summary>
/// <param name="Load">The number of the load that wrote it.</param>
/// <param name="Version">The edition version the load makes, if it becomes visible.</param>
internal sealed record RowState(long Load, long Version, RowContent? Row);

/// <summary>A row as it was sent; type, local id and key are the item's.</summary>
internal sealed record RowContent(int? StatedId, string? StatedLastName, string? StatedFirstName, UploadId Upload, int Line, byte[] Content)
{
    public static RowContent? Of(EditionRow? row) =>
        row is null ? null : new(row.StatedId?.Value, row.StatedLastName, row.StatedFirstName, row.Upload, row.Line, row.Content.ToArray());
}

/// <summary>
/// A row of an edition: what the newest loads made of it, newest first. There are as many states as loads that are under way, and the last two that are
/// visible: the present one and the one it replaced, which is the undo.
/// </summary>
/// <param name="Version">That of the newest state, to be found by; it may not be visible.</param>
internal sealed record RowItem(string Id, string Edition, string LocalId, byte Type, string Key, long Version, IReadOnlyList<RowState> States)
{
    private const int VisibleKept = 2;

    public static string IdOf(string localId, RecordType type, string key) => ItemId.Of(localId, type.Number.ToString("D2", null), key);

    public static RowItem Of(EditionKey edition, string localId, RecordType type, string key, RowState state) =>
        new(IdOf(localId, type, key), edition.ToString(), localId, type.Number, key, state.Version, [state]);

    /// <summary>As read by a query; never written.</summary>
    [JsonPropertyName("_etag")]
    public string? ETag { get; init; }

    /// <summary>The item with a state put in. What nobody can come to see any more is dropped.</summary>
    public RowItem With(RowState state, LoadsInView view)
    {
        var others = States.Where(other => other.Load != state.Load).ToList();
        var visible = others.Where(other => view.Sees(other.Load)).Take(VisibleKept).ToHashSet();
        List<RowState> kept = [.. others.Where(other => view.MaySee(other.Load) || visible.Contains(other)).Append(state).OrderByDescending(other => other.Load)];
        return this with { ETag = null, Version = kept.Max(other => other.Version), States = kept };
    }

    public EditionRow? ToRow(RowState? state) => state?.Row is not { } row ? null : new EditionRow
    {
        Type = RecordTypes.Of(Type), Key = Key, StatedId = row.StatedId is { } id ? new StateId(id) : null, StatedLastName = row.StatedLastName, StatedFirstName = row.StatedFirstName, Upload = row.Upload,
        Line = row.Line, Content = row.Content,
    };
}

/// <summary>Which loads a reader sees: those that ended in a version, up to the newest of them when it looked.</summary>
/// <param name="Newest">Number of the newest load that ended in a version.</param>
/// <param name="Abandoned">Numbers before it that did not and never will.</param>
internal sealed record LoadsInView(long Newest, IReadOnlyList<long> Abandoned)
{
    public bool Sees(long load) => load <= Newest && !Abandoned.Contains(load);

    /// <summary>Whether it isn't seen yet but may be by those who look later.</summary>
    public bool MaySee(long load) => load > Newest;
}

/// <summary>A load that has begun and has not ended in a version.</summary>
/// <param name="Upload">Null for an undo.</param>
internal sealed record OpenLoad(long Number, UploadId? Upload, long BaseVersion);

/// <summary>What an undo goes back to.</summary>
/// <param name="Load">The number of the load to be taken back.</param>
internal sealed record UndoPoint(long Version, long Load, long RowCount, EditionDigest Digest);

/// <summary>The head of an edition, in the partition of its rows.</summary>
internal sealed record HeadItem(string Id, string Edition, DistrictId District, SchoolYear Year)
{
    public const string HeadId = "!head";

    public long Version { get; init; }
    public long RowCount { get; init; }
    public EditionDigest Digest { get; init; }
    public long SyncedVersion { get; init; }
    public EditionDigest SyncedDigest { get; init; }
    public int Parked { get; init; }
    public IReadOnlyDictionary<string, LastLoad> LastLoads { get; init; } = new Dictionary<string, LastLoad>();

    /// <summary>How many loads have begun; they are numbered in that order.</summary>
    public long Loads { get; init; }

    public long NewestLoad { get; init; }
    public IReadOnlyList<long> Abandoned { get; init; } = [];
    public IReadOnlyList<OpenLoad> Open { get; init; } = [];
    public UndoPoint? Undo { get; init; }
    public string? LeaseOwner { get; init; }
    public DateTimeOffset? LeaseUntil { get; init; }

    public static HeadItem Empty(EditionKey edition) => new(HeadId, edition.ToString(), edition.District, edition.Year);

    public LoadsInView View => new(NewestLoad, Abandoned);

    public bool WasWrittenTo => Version > 0 || LastLoads.Count > 0;

    public EditionHead ToHead() => new()
    {
        Key = new EditionKey(District, Year), Version = Version, RowCount = RowCount, Digest = Digest, SyncedVersion = Math.Max(0, SyncedVersion), SyncedDigest = SyncedDigest, Parked = Parked, LastLoads = LastLoads,
    };

    /// <summary>With a load begun; the same one again has the number it had.</summary>
    public HeadItem Begin(UploadId? upload, out OpenLoad load)
    {
        if (Open.FirstOrDefault(open => open.Upload == upload && open.BaseVersion == Version) is { } known)
        {
            load = known;
            return this;
        }
        load = new OpenLoad(Loads + 1, upload, Version);
        return this with { Loads = load.Number, Open = [.. Open, load] };
    }

    /// <summary>With a load that has ended in a version. The others that were under way were made for the version before: they never will.</summary>
    public HeadItem Complete(OpenLoad load, long rowCount, EditionDigest digest, UndoPoint? undo) => this with
    {
        Version = Version + 1, RowCount = rowCount, Digest = digest, NewestLoad = load.Number, Open = [], Undo = undo,
        Abandoned = [.. Abandoned, .. Open.Where(open => open.Number != load.Number).Select(open => open.Number)],
    };
}

/// <summary>Notes that an upload was applied, so that it is never applied again.</summary>
internal sealed record LoadItem(string Id, string Edition, long Version)
{
    public static string IdOf(UploadId upload) => $"!load!{upload}";

    public static LoadItem Of(EditionKey edition, UploadId upload, long version) => new(IdOf(upload), edition.ToString(), version);
}
