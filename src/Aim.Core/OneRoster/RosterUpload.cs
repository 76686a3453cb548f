using System.Globalization;
using System.Text.Json;
using Aim.Editions;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.Rules;
using Aim.Uploads;
using Aim.Workflows;

namespace Aim.OneRoster;

/// <summary>What an archive comes to: one upload for each record type, in the order in which they refer to one another.</summary>
/// <param name="Refusal">Why the archive can't be loaded; null when it can.</param>
/// <param name="Directory">Blob of what the year's rosters have said so far.</param>
public sealed record RosterPlan(
    UploadInput Upload, string? Refusal, IReadOnlyList<UploadInput> Parts, string? Findings, string? Directory, DateTimeOffset StartedAt)
{
    public bool IsTest { get; init; }

    /// <summary>Rows of the archive that can't be used, and so are in no part.</summary>
    public long LeftOut { get; init; }

    public DistrictId District { get; init; }
    public SchoolYear Year { get; init; }
}

/// <summary>How a roster ended.</summary>
public sealed record RosterEnding(RosterPlan? Plan, UploadInput Upload, string? Failure)
{
    /// <summary>The edition has the roster, the state record not yet: the night brings it.</summary>
    public bool IsSyncPending { get; init; }
}

/// <summary>
/// Loads OneRoster archives. An archive is taken apart into files of the district's own record types, and each of them goes the way of any upload: the same
/// rules, the same comparison, the same report.
/// </summary>
public sealed class RosterUpload(IBlobStore blobs, ILedger ledger, UploadLog log, NewestUploads newest, ReferenceLibrary references, TimeProvider clock)
{
    /// <summary>What a request names instead of a record type.</summary>
    public const string TypeCode = "OR";

    private const string Kind = "directory";
    private const string Turn = "turn";
    private const string Only = "-";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>Key of the upload that a part of the archive becomes.</summary>
    internal static string PartKey(string roster, RecordType type) => $"{roster}-{type.Code.ToLowerInvariant()}";

    private sealed record Pointer(string Path);

    /// <summary>Takes the archive apart. Done again, it gives what was made the first time.</summary>
    public async Task<RosterPlan> OpenAsync(UploadInput upload, CancellationToken cancellation)
    {
        var planPath = $"{upload.ResultsPrefix}roster-plan.json";
        await using (var stored = await blobs.OpenReadAsync(planPath, cancellation))
        {
            if (stored is not null && await JsonSerializer.DeserializeAsync<RosterPlan>(stored, Json, cancellation) is { } plan && plan.Upload == upload) return plan;
        }
        await blobs.ClearAsync($"{upload.ResultsPrefix}roster-", cancellation);
        var ticket = await log.FindTicketAsync(upload.Key, cancellation) ?? throw new InvalidOperationException($"Roster {upload.Key} was started without a ticket.");
        var made = await MakeAsync(upload, ticket, cancellation) with { IsTest = ticket.Mode == UploadMode.Test, District = ticket.District, Year = ticket.Year };
        await blobs.WriteAsync(planPath, JsonSerializer.SerializeToUtf8Bytes(made, Json), cancellation);
        return made;
    }

    private async Task<RosterPlan> MakeAsync(UploadInput upload, UploadTicket ticket, CancellationToken cancellation)
    {
        var plan = new RosterPlan(upload, null, [], null, null, clock.GetUtcNow());
        var reference = (await references.FindAsync(ticket.Year, cancellation))?.Data;
        if (IdentifyUpload.RefusalOf(new EditionKey(ticket.District, ticket.Year), reference) is { } form) return await RefuseAsync(plan, RuleCatalog.Get(form.RefusalRule!), form.Refusal!, cancellation);
        if (await blobs.FindAsync(upload.Path, cancellation) is not { } blob || await blobs.OpenReadAsync(upload.Blob, cancellation) is not { } file) return await RefuseAsync(plan, FileRules.Header, IdentifyUpload.Gone, cancellation);
        await TakeTurnAsync(ticket, cancellation);
        try
        {
            using var archive = await RosterArchive.OpenAsync(file, blob.Length, cancellation);
            var known = await FindDirectoryAsync(ticket.District, ticket.Year, cancellation);
            if (archive.IsDelta && known is null) throw new UnusableRosterException("The archive has changes only, and no complete roster of this year has been loaded. Send a bulk archive first.");
            return await MapAsync(plan, ticket, archive, known ?? new RosterDirectory(), reference!, cancellation);
        }
        catch (UnusableRosterException unusable)
        {
            return await RefuseAsync(plan, FileRules.Header, unusable.Message, cancellation);
        }
    }

    /// <summary>The one finding of an archive that is refused as a whole.</summary>
    private async Task<RosterPlan> RefuseAsync(RosterPlan plan, Rule rule, string sentence, CancellationToken cancellation)
    {
        await using var file = new SpooledBlob(blobs, $"{plan.Upload.ResultsPrefix}roster-refusal.ndjson");
        new FindingsWriter(file).Add(Findings.OfFile(rule, null, sentence));
        return plan with { Refusal = sentence, Findings = await file.CompleteAsync(cancellation) };
    }

    /// <summary>One roster of a district and year at a time: the next one builds on what this one leaves known.</summary>
    /// <exception cref="FaultException">Another one is under way.</exception>
    private async Task TakeTurnAsync(UploadTicket ticket, CancellationToken cancellation)
    {
        var mine = new LedgerEntry(SubjectOf(ticket.District, ticket.Year), Turn, Only, JsonSerializer.Serialize(ticket.Key, Json));
        if (await ledger.AddAsync(mine, cancellation)) return;
        var entry = (await ledger.FindAsync(mine.Subject, Turn, Only, cancellation))!;
        if (entry.Json == mine.Json) return;
        var other = JsonSerializer.Deserialize<string>(entry.Json, Json)!;
        if (await log.FindReportAsync(other, cancellation) is { IsFinished: true } && await ledger.PutAsync(mine with { ETag = entry.ETag }, cancellation)) return;
        throw new FaultException($"Another roster of district {ticket.District} is being loaded. Upload this one again when that has ended; if it asks for confirmation, answer it.");
    }

    private async Task<RosterPlan> MapAsync(RosterPlan plan, UploadTicket ticket, RosterArchive archive, RosterDirectory known, ReferenceData reference, CancellationToken cancellation)
    {
        var prefix = $"{plan.Upload.ResultsPrefix}roster-";
        await using var findingsFile = new SpooledBlob(blobs, $"{prefix}findings.ndjson");
        var findings = new FindingsWriter(findingsFile);
        await using var sink = new RosterParts(blobs, prefix, new EditionKey(ticket.District, ticket.Year), (origin, finding) => findings.Add(finding with { File = origin.File }), cancellation);
        var mapping = new RosterMapping(archive, known, ticket.District, reference, sink);
        await mapping.RunAsync();

        var parts = new List<UploadInput>();
        foreach (var type in RosterParts.Types)
        {
            if (await sink.CompleteAsync(type) is not { } part) continue;
            var removals = sink.Removals.TryGetValue(type, out var named) ? $"{prefix}{type.Code}-removals.json" : null;
            if (removals is not null) await NamedRemovals.WriteAsync(blobs, removals, named!, cancellation);
            parts.Add(await RegisterAsync(ticket, type, part.Path, part.Origins, removals, archive.IsDelta || sink.LeftOut.Contains(type), cancellation));
        }
        var directory = $"{prefix}directory.json";
        await blobs.WriteAsync(directory, JsonSerializer.SerializeToUtf8Bytes(mapping.Directory, Json), cancellation);
        return plan with { Parts = parts, Findings = await findingsFile.CompleteAsync(cancellation), Directory = directory, LeftOut = sink.LeftOutRows };
    }

    /// <summary>A part is an upload of its own, kept beside the results of the archive that it comes from.</summary>
    private async Task<UploadInput> RegisterAsync(UploadTicket roster, RecordType type, string path, string? origins, string? removals, bool isPartial, CancellationToken cancellation)
    {
        var blob = await blobs.FindAsync(path, cancellation) ?? throw new FileNotFoundException($"The part {path} is gone.");
        var ticket = roster with
        {
            // A complete roster says all there is of classes, unless a row about them can't be used, but not of students.
            Key = PartKey(roster.Key, type), RecordType = type.Code, FileName = $"{type.Code}.csv", ArrivedAs = path, Origins = origins, Removals = removals, DeferSync = true,
            Scope = isPartial || type == RecordTypes.Student ? UploadScope.Update : UploadScope.Replace,
        };
        await log.RegisterAsync(ticket, cancellation);
        var input = new UploadInput(ticket.Key, UploadId.Of(path, blob.ETag), path, blob.ETag);
        await log.RegisterFileAsync(input.Id, path, cancellation);
        return input;
    }

    /// <summary>Writes the archive's report: the sum of its parts.</summary>
    public async Task<UploadStatus> ReportAsync(RosterEnding ending, CancellationToken cancellation)
    {
        var (plan, key) = (ending.Plan, ending.Upload.Key);
        if (await log.FindReportAsync(key, cancellation) is { IsFinished: true } written && written.UploadId == ending.Upload.Id) return written.Status;
        var parts = await ProgressAsync(plan, cancellation);
        var own = await FindingsAsync(plan, cancellation);
        var groups = await GroupsAsync(plan, own, cancellation);
        var counts = UploadCounts.Sum([.. parts.Counts, CountsOf(plan, own)]);
        await log.SaveGroupsAsync(key, groups, cancellation);
        var (status, sentence) = Ending(ending, parts, counts, groups.Count);
        if (plan is { Directory: { } directory, IsTest: false }) await NoteDirectoryAsync(plan, directory, parts, isLoaded: UploadReport.IsLoadedAs(status) || parts.IsAnyLoaded, cancellation);
        if (plan is { IsTest: false } && NewestUploads.IsOf(status)) await newest.NoteAsync(plan.District, plan.Year, TypeCode, counts.Rows, own.Groups(), cancellation);
        await log.SaveReportAsync(key, new UploadReport
        {
            Status = status, Sentence = sentence + (ending.IsSyncPending ? " The state record will have it after the next nightly sync." : ""), UploadId = ending.Upload.Id, ETag = ending.Upload.ETag, Counts = counts,
            EditionVersion = parts.Reports.Max(part => part.EditionVersion), FindingFiles = [.. new[] { plan?.Findings }.OfType<string>(), .. parts.Reports.SelectMany(part => part.FindingFiles)], Groups = groups.Count,
            Parts = [.. (plan?.Parts ?? []).Select(part => part.Key)], StartedAt = plan?.StartedAt, FinishedAt = clock.GetUtcNow(), Rules = RuleCatalog.Version,
        }, cancellation);
        return status;
    }

    private async Task<RosterProgress> ProgressAsync(RosterPlan? plan, CancellationToken cancellation)
    {
        var parts = new List<(RecordType, UploadReport?)>();
        foreach (var part in plan?.Parts ?? []) parts.Add((RosterParts.Types.Single(type => PartKey(plan!.Upload.Key, type) == part.Key), await log.FindReportAsync(part.Key, cancellation)));
        return new RosterProgress(parts);
    }

    /// <summary>
    /// Keeps what later archives build on: all that this one said, or where only some of its parts were loaded, what it said of those. Where no complete roster was there before,
    /// changes to it still need one.
    /// </summary>
    private async Task NoteDirectoryAsync(RosterPlan plan, string directory, RosterProgress parts, bool isLoaded, CancellationToken cancellation)
    {
        if (!isLoaded) return;
        if (parts.StoppedAt is { } type)
        {
            if (await FindDirectoryAsync(plan.District, plan.Year, cancellation) is not { } before) return;
            var said = await ReadDirectoryAsync(directory, cancellation) ?? throw new FileNotFoundException($"The directory {directory} is gone.");
            directory = $"{plan.Upload.ResultsPrefix}roster-loaded-directory.json";
            await blobs.WriteAsync(directory, JsonSerializer.SerializeToUtf8Bytes(said.LoadedUpTo(type, before), Json), cancellation);
        }
        await ledger.PutAsync(new(SubjectOf(plan.District, plan.Year), Kind, Only, JsonSerializer.Serialize(new Pointer(directory), Json)), cancellation);
    }

    /// <summary>Those of the archive itself.</summary>
    private async Task<FindingSummary> FindingsAsync(RosterPlan? plan, CancellationToken cancellation)
    {
        var own = new FindingSummary();
        if (plan?.Findings is not { } path) return own;
        await using var file = await blobs.OpenReadAsync(path, cancellation) ?? throw new FileNotFoundException($"The findings {path} are gone.");
        using var lines = new StreamReader(file);
        while (await lines.ReadLineAsync(cancellation) is { } line) own.Add(FindingJson.ReadLine(line));
        return own;
    }

    private async Task<IReadOnlyList<FindingGroup>> GroupsAsync(RosterPlan? plan, FindingSummary own, CancellationToken cancellation)
    {
        var groups = own.Groups().ToList();
        foreach (var part in plan?.Parts ?? []) groups.AddRange(await log.ListGroupsAsync(part.Key, cancellation));
        return [.. groups.OrderByDescending(group => group.Severity).ThenByDescending(group => group.Count)];
    }

    private static UploadCounts CountsOf(RosterPlan? plan, FindingSummary own) =>
        new() { Rows = plan?.LeftOut ?? 0, Rejected = plan?.LeftOut ?? 0, Fatal = own.Fatal, Errors = own.Errors, Warnings = own.Warnings };

    private static (UploadStatus Status, string Sentence) Ending(RosterEnding ending, RosterProgress parts, UploadCounts counts, int groups)
    {
        if (ending.Failure is { } failure) return (UploadStatus.Failed, $"{parts.Told}{failure} Nothing of the file is lost: upload it again, or ask the state office.");
        if (ending.Plan!.Refusal is { } refusal) return (UploadStatus.Refused, refusal);
        if (parts.Stopped is { } stopped) return (stopped.Status, parts.IsAnyLoaded && stopped.Status == UploadStatus.Declined ? $"{parts.Told}Upload the archive again to be asked anew." : $"{parts.Told}{stopped.Sentence}");
        if (ending.Plan.IsTest)
            return (UploadStatus.Tested, string.Create(CultureInfo.InvariantCulture,
                $"The roster was checked and nothing was written; loading it would add {counts.Added}, change {counts.Changed} and remove {Plural.Of(counts.Removed, "row")}. Classes that it brings itself are unknown to the check of its rosters until it is loaded."));
        return counts.IsNothingAccepted ? (UploadStatus.Rejected, $"{(counts.Rows == 1 ? "The one row of the roster was not" : FormattableString.Invariant($"None of the {counts.Rows} rows of the roster was"))} accepted; nothing was loaded. The findings say why.")
            : counts.Rejected > 0 ? (UploadStatus.AcceptedWithRejects, $"{Plural.Of(counts.Rejected, "row of the roster was", "rows of the roster were")} rejected; the findings say why. The others were accepted.")
            : groups > 0 ? (UploadStatus.AcceptedWithFindings, "The roster was accepted; some rows have findings to look at.")
            : (UploadStatus.Accepted, "The roster was accepted.");
    }

    private async Task<RosterDirectory?> FindDirectoryAsync(DistrictId district, SchoolYear year, CancellationToken cancellation) =>
        await ledger.FindAsync(SubjectOf(district, year), Kind, Only, cancellation) is { } entry ? await ReadDirectoryAsync(JsonSerializer.Deserialize<Pointer>(entry.Json, Json)!.Path, cancellation) : null;

    private async Task<RosterDirectory?> ReadDirectoryAsync(string path, CancellationToken cancellation)
    {
        await using var file = await blobs.OpenReadAsync(path, cancellation);
        return file is null ? null : await JsonSerializer.DeserializeAsync<RosterDirectory>(file, Json, cancellation);
    }

    private static string SubjectOf(DistrictId district, SchoolYear year) => $"roster/{district}/{year}";
}
