using System.Globalization;
using System.Text.Json;
using Aim.Editions;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;

namespace Aim.Entry;

/// <summary>What a writer knows of the record it changes.</summary>
/// <param name="Known">Tags of the versions it may be; null when the writer names none, <c>*</c> for any.</param>
/// <param name="OnlyNew">There must be no record yet.</param>
public sealed record SaveCondition(IReadOnlyList<string>? Known = null, bool OnlyNew = false);

public enum SaveStatus
{
    Created = 1,
    Changed = 2,

    /// <summary>The record is as it was sent already; nothing was written.</summary>
    Unchanged = 3,
    Deleted = 4,

    /// <summary>A fatal finding keeps it out.</summary>
    Refused = 5,

    /// <summary>There is no record to delete, or to change.</summary>
    NotThere = 6,

    /// <summary>The record is not as the writer knew it.</summary>
    Stale = 7,

    /// <summary>The record is there, and the writer doesn't say which version it knows.</summary>
    Unconditional = 8,

    /// <summary>There is another record under the key that its fields make.</summary>
    KeyTaken = 9,
}

/// <summary>How a save ended.</summary>
/// <param name="Version">The edition's version that it made; null when nothing was written.</param>
/// <param name="IsSynced">The sync came so far: the state record has it, unless the student waits for something.</param>
public sealed record SaveOutcome(SaveStatus Status, string? Key, string? Tag, IReadOnlyList<Finding> Findings, long? Version, bool IsSynced)
{
    public bool IsDone => Status is SaveStatus.Created or SaveStatus.Changed or SaveStatus.Unchanged or SaveStatus.Deleted;
}

/// <summary>One save as it is kept: who changed what, and when. Records and histories lead to it by its upload id.</summary>
internal sealed record KeptSave(string By, DateTimeOffset At, RecordChange Change);

/// <summary>Who took the newest load or save of an edition back, and when. The history of each record that it changed has its name.</summary>
/// <param name="Version">The one that was taken back.</param>
internal sealed record KeptUndo(string By, DateTimeOffset At, long Version);

/// <summary>
/// Records entered by hand: each save is checked as the row of a file is, becomes one version of the edition, is kept as a file of its own, and is
/// brought to the state at once, where it is judged with what other districts say.
/// </summary>
public sealed class HandEntry
{
    /// <summary>Where saves are kept.</summary>
    internal const string Root = "saves/";

    /// <summary>How the names of notes of undos begin.</summary>
    private const string NoteOfUndo = "undo-";

    /// <summary>A version that no edition has: applying to it tells only whether the load was applied before.</summary>
    private const long NoVersion = -1;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly IBlobStore blobs;
    private readonly IEditionStore editions;
    private readonly UploadLog log;
    private readonly Deletions deletions;
    private readonly ChangesToState state;
    private readonly TimeProvider clock;
    private readonly ChangeJudge judge;

    internal HandEntry(IBlobStore blobs, IEditionStore editions, ChangeJudge judge, UploadLog log, Deletions deletions, ChangesToState state, TimeProvider clock) =>
        (this.blobs, this.editions, this.judge, this.log, this.deletions, this.state, this.clock) = (blobs, editions, judge, log, deletions, state, clock);

    /// <summary>Whether a blob is the note of an undo: who took what back. It is written first, and deleted again when the undo is refused.</summary>
    public static bool IsNoteOfUndo(string path) => path.StartsWith(Root, StringComparison.Ordinal) && path.AsSpan(path.LastIndexOf('/') + 1).StartsWith(NoteOfUndo, StringComparison.Ordinal);

    /// <inheritdoc cref="ChangeJudge.RefusalAsync" />
    public Task<string?> RefusalAsync(EditionKey edition, CancellationToken cancellation) => judge.RefusalAsync(edition, cancellation);

    /// <summary>The record under a local id and key; null when there is none.</summary>
    /// <param name="localId">In its stored form.</param>
    public async Task<EditionRow?> FindAsync(EditionKey edition, RecordType type, string localId, string key, CancellationToken cancellation)
    {
        await foreach (var student in editions.ReadAsync(edition, new EditionSelection([type.LocalIdPrefix + localId]), cancellation))
            return student.Rows.FirstOrDefault(row => row.Type == type && row.Key == key);
        return null;
    }

    /// <summary>Changes with whatever a row says, and with nothing else.</summary>
    public static string TagOf(EditionRow row) =>
        ContentHash.OfText($"{row.StatedId}\n{row.StatedLastName}\n{row.StatedFirstName}\n{ContentHash.Of(row.Content.Span):x32}").ToString("x32", CultureInfo.InvariantCulture)[..16];

    /// <summary>
    /// Saves a change without a problem of form. The save's key is chosen by the caller: the same one again does nothing a second time.
    /// </summary>
    /// <param name="isRepeat">The key may have been saved before.</param>
    public async Task<SaveOutcome> SaveAsync(EditionKey edition, RecordChange change, SaveCondition condition, string saveKey, string by, bool isRepeat, CancellationToken cancellation)
    {
        var path = $"{Root}{edition.District}/{edition.Year}/{saveKey}.json";
        var load = new EditionLoad(UploadId.Of(path, ""), change.Type.Code, null);
        // Of this call alone: the same save may be sent twice at once.
        var owner = $"save-{saveKey}-{Guid.NewGuid():N}";
        var now = clock.GetUtcNow();
        if (isRepeat && await AppliedBeforeAsync(edition, load, cancellation) is { } before) return await RepeatedAsync(edition, change, condition, load.Upload, before, owner, cancellation);
        while (true)
        {
            var judged = await judge.JudgeAsync(edition, [change], load.Upload, firstLine: 0, now, cancellation);
            if (await WithoutWriteAsync(edition, change, condition, judged, cancellation) is { } outcome)
                // Sent twice at once, the other one may have made it in between: what stands in the way is this very save.
                return await AppliedBeforeAsync(edition, load, cancellation) is { } meanwhile ? await RepeatedAsync(edition, change, condition, load.Upload, meanwhile, owner, cancellation) : outcome;

            // Kept before it is applied: no row may come from a save that can't be shown.
            await Task.WhenAll(
                blobs.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(new KeptSave(by, now, change), Json), cancellation), log.RegisterFileAsync(load.Upload, path, cancellation),
                deletions.NoteAsync(edition, load.Upload, judged, now, cancellation));
            var applied = await editions.ApplyAsync(edition, judged.BaseVersion, load, judged.Changes.ToAsyncEnumerable(), cancellation);
            if (applied.Status == ApplyStatus.Stale) continue;
            // From here on nobody's leaving stops it.
            var isSynced = await state.BringAsync(edition, applied.Version, judged.Records, owner, CancellationToken.None);
            return OutcomeOf(judged.Each[0], applied.Version, isSynced);
        }
    }

    /// <summary>The version that this very save made before; null when it has made none.</summary>
    private async Task<long?> AppliedBeforeAsync(EditionKey edition, EditionLoad load, CancellationToken cancellation) =>
        await editions.ApplyAsync(edition, NoVersion, load, AsyncEnumerable.Empty<EditionChange>(), cancellation) is { Status: ApplyStatus.AlreadyApplied } earlier ? earlier.Version : null;

    /// <summary>How a save ends for which nothing is written; null when something is.</summary>
    private async Task<SaveOutcome?> WithoutWriteAsync(EditionKey edition, RecordChange change, SaveCondition condition, JudgedChanges judged, CancellationToken cancellation)
    {
        if (Objection(change, condition, judged.Each[0]) is { } objection) return objection;
        if (judged.Changes.Count > 0) return null;
        return new SaveOutcome(SaveStatus.Unchanged, judged.Each[0].Key, TagOf(judged.Each[0].After!), judged.Each[0].Findings, null, IsSynced: (await editions.GetHeadAsync(edition, cancellation)).IsSynced);
    }

    private static SaveOutcome OutcomeOf(JudgedChange judged, long version, bool isSynced) => new(
        judged.Result switch { ChangeResult.Added => SaveStatus.Created, ChangeResult.Removed => SaveStatus.Deleted, _ => SaveStatus.Changed },
        judged.Key, judged.After is null ? null : TagOf(judged.After), judged.Findings, version, isSynced);

    /// <summary>Why the change isn't made; null when it is.</summary>
    private static SaveOutcome? Objection(RecordChange change, SaveCondition condition, JudgedChange judged)
    {
        var before = judged.Before;
        SaveOutcome Because(SaveStatus status) => new(status, judged.Key, before is null ? null : TagOf(before), [], null, IsSynced: false);

        // What can't be read doesn't tell which record it is about.
        if (judged is { Result: ChangeResult.LeftOut, Key: null }) return Because(SaveStatus.Refused) with { Findings = judged.Findings };
        if (before is not null && condition.OnlyNew) return Because(SaveStatus.Stale);
        if (before is null && condition.Known is not null) return Because(change.Operation == ChangeOperation.Delete ? SaveStatus.NotThere : SaveStatus.Stale);
        if (before is not null && condition.Known is null) return Because(SaveStatus.Unconditional);
        if (before is not null && !condition.Known!.Contains("*") && !condition.Known!.Contains(TagOf(before))) return Because(SaveStatus.Stale);
        return judged.Result switch
        {
            ChangeResult.LeftOut when judged.IsKeyTaken => Because(SaveStatus.KeyTaken),
            ChangeResult.LeftOut => Because(SaveStatus.Refused) with { Findings = judged.Findings },
            ChangeResult.NotThere => Because(SaveStatus.NotThere),
            _ => null,
        };
    }

    /// <summary>The answer to a save that was applied before: by what is there now. Who made it may have died before it was synced.</summary>
    private async Task<SaveOutcome> RepeatedAsync(EditionKey edition, RecordChange change, SaveCondition condition, UploadId upload, long version, string owner, CancellationToken cancellation)
    {
        // The record that it replaced under another key is gone by now.
        var asMade = change.Operation == ChangeOperation.Upsert ? change with { Key = null } : change;
        var judged = (await judge.JudgeAsync(edition, [asMade], upload, firstLine: 0, clock.GetUtcNow(), cancellation)).Each[0];
        var localId = change.Type.LocalIdPrefix + RecordForm.Find(change.Type, edition.Year)!.LocalIdOf(change.LocalId);
        var isSynced = (await editions.GetHeadAsync(edition, cancellation)).SyncedVersion >= version || await state.BringAsync(edition, version, [(change.Type, localId)], owner, CancellationToken.None);
        // It was made, so its condition held: a record was there exactly if the writer knew one.
        var status = change.Operation == ChangeOperation.Delete ? SaveStatus.Deleted : condition.Known is null ? SaveStatus.Created : SaveStatus.Changed;
        var tag = status == SaveStatus.Deleted || judged.Before is null ? null : TagOf(judged.Before);
        return new SaveOutcome(status, judged.Key, tag, [.. judged.Findings.Where(finding => finding.Rule != FileRules.NothingToDelete.Id)], version, isSynced);
    }

    /// <summary>
    /// Takes the newest load or save of an edition back and syncs; null when the version is not, or no longer, the newest, or can't be taken back.
    /// </summary>
    public async Task<(long Version, bool IsSynced)?> UndoAsync(EditionKey edition, long version, string by, CancellationToken cancellation)
    {
        if ((await editions.GetHeadAsync(edition, cancellation)).Version != version) return null;
        var now = clock.GetUtcNow();
        var name = string.Create(CultureInfo.InvariantCulture, $"{NoteOfUndo}{version}-{UploadLog.NewKey(now)}");
        var path = $"{Root}{edition.District}/{edition.Year}/{name}.json";
        // Kept before it is done, as a save is; from here on nobody's leaving stops it.
        await blobs.WriteAsync(path, JsonSerializer.SerializeToUtf8Bytes(new KeptUndo(by, now, version), Json), cancellation);
        if (await editions.UndoAsync(edition, version, CancellationToken.None) is not { Status: ApplyStatus.Applied } undone)
        {
            await blobs.DeleteAsync(path, CancellationToken.None);
            return null;
        }
        await deletions.NoteUndoAsync(edition, version, CancellationToken.None);
        return (undone.Version, await state.BringAsync(edition, undone.Version, name, CancellationToken.None));
    }
}
