using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Aim.Organizations;
using Aim.Ports;
using Aim.Records;
using Aim.State;
using Aim.Uploads;

namespace Aim.Movement;

/// <summary>What a new district asks for.</summary>
/// <param name="From">The old district; null for the one that had the student last.</param>
/// <param name="RecordTypes">Codes; none means all.</param>
public sealed record TransferWish(StateId Student, DistrictId To, DistrictId? From, IReadOnlyList<string> RecordTypes, string? Note);

/// <summary>How an act on a transfer ended: with the transfer, or a sentence why not.</summary>
/// <param name="IsUnknown">There is no such student or transfer, as far as the asker may know.</param>
public sealed record TransferOutcome(RecordsTransfer? Transfer, string? Refusal, bool IsUnknown = false)
{
    internal static TransferOutcome Of(RecordsTransfer transfer) => new(transfer, null);
    internal static TransferOutcome Refused(string sentence) => new(null, sentence);
    internal static TransferOutcome Unknown(string sentence) => new(null, sentence, true);
}

/// <summary>
/// Requests for a student's records, their release and receipt. A request is one entry of the ledger; the student's page keeps two at once from
/// both being made, and the pages of both districts name it.
/// </summary>
public sealed class RecordsTransfers(IStateStore state, IIdentityIndex identities, ILedger ledger, DisclosureLog disclosures, StateCalendar calendar, TimeProvider clock)
{
    private const string Kind = "records-transfer";
    private const string Only = "-";

    private sealed record Name(string Id);

    /// <summary>
    /// Asks the old district. The student has to be enrolled in the new one now: a district has no right to the records of a child it
    /// doesn't have. Whom it asks is written to the student's disclosure log, also when there is nothing to ask for: the answer tells where a child
    /// has been (34 CFR 99.32 counts requests, too).
    /// </summary>
    public async Task<TransferOutcome> RequestAsync(Caller caller, TransferWish wish, CancellationToken cancellation)
    {
        var records = await state.FindYearsAsync(wish.Student, cancellation);
        var history = EnrollmentHistory.Of(wish.Student, records);
        var today = await calendar.TodayAsync(cancellation);
        if (!IsEnrolled(history, wish.To, today)) return TransferOutcome.Unknown($"No student of that State ID is enrolled in district {wish.To} today. Send the enrollment first.");
        var asked = wish.From ?? EnrollmentHistory.LastOf(history.Attended.Where(entry => entry.District != wish.To))?.District;
        await disclosures.StudentReadAsync(caller, wish.Student, $"request of district {wish.To} for the records of {(asked is { } one ? $"district {one}" : "the last district")}", cancellation);
        if (asked is not { } from || from == wish.To || !records.Any(record => record.Districts.Contains(from))) return TransferOutcome.Refused("There is no other district, or not the one named, that has records of the student to release.");
        var earlier = await OfStudentAsync(wish.Student, from, wish.To, cancellation);
        if (earlier.FirstOrDefault(item => item.Transfer?.Status == TransferStatus.Requested).Transfer is { } open)
            return TransferOutcome.Refused(string.Create(CultureInfo.InvariantCulture, $"The records were asked for already, on {open.Requested.At:yyyy-MM-dd}, by request {open.Id}."));
        var id = await ClaimAsync(wish, from, earlier, cancellation);
        return await AddAsync(caller, wish, from, id, today, cancellation) is { } added ? TransferOutcome.Of(added) : TransferOutcome.Refused($"The records were asked for already, by request {id}.");
    }

    /// <summary>The earlier requests between two districts, in order; one without a transfer died before it was written.</summary>
    private async Task<List<(string Id, RecordsTransfer? Transfer)>> OfStudentAsync(StateId student, DistrictId from, DistrictId to, CancellationToken cancellation)
    {
        var earlier = new List<(string, RecordsTransfer?)>();
        await foreach (var entry in ledger.ListAsync(OfStudent(student), Kind, null, cancellation))
        {
            if (!entry.Id.StartsWith($"{from}-{to}-", StringComparison.Ordinal)) continue;
            var id = JsonSerializer.Deserialize<Name>(entry.Json, CaseBook.Json)!.Id;
            earlier.Add((id, (await FindAsync(id, cancellation))?.Transfer));
        }
        return earlier;
    }

    /// <summary>The id of the next request between the two: one that died before it was written is taken up again.</summary>
    private async Task<string> ClaimAsync(TransferWish wish, DistrictId from, List<(string Id, RecordsTransfer? Transfer)> earlier, CancellationToken cancellation)
    {
        if (earlier is [.., { Transfer: null } died]) return died.Id;
        var fresh = new Name(UploadLog.NewKey(clock.GetUtcNow()));
        var entry = new LedgerEntry(OfStudent(wish.Student), Kind, string.Create(CultureInfo.InvariantCulture, $"{from}-{wish.To}-{earlier.Count:D4}"), JsonSerializer.Serialize(fresh, CaseBook.Json));
        if (await ledger.AddAsync(entry, cancellation)) return fresh.Id;
        return JsonSerializer.Deserialize<Name>((await ledger.FindAsync(entry.Subject, Kind, entry.Id, cancellation))!.Json, CaseBook.Json)!.Id;
    }

    /// <summary>Null when another request of that id was written meanwhile.</summary>
    private async Task<RecordsTransfer?> AddAsync(Caller caller, TransferWish wish, DistrictId from, string id, DateOnly today, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var added = new RecordsTransfer
        {
            Id = id, Student = wish.Student, From = from, To = wish.To, Asked = wish.RecordTypes, Requested = new TransferStep(caller.Id, now, wish.Note), Due = RecordsTransfer.DueAfter(today),
        };
        foreach (var district in new[] { from, wish.To }) await ledger.AddAsync(new(OfDistrict(YearOf(today), district), Kind, id, "{}"), cancellation);
        return await ledger.AddAsync(new(Of(id), Kind, Only, JsonSerializer.Serialize(added, CaseBook.Json)), cancellation) ? added : null;
    }

    /// <summary>
    /// Releases the old district's records of some types, as they are now; of a student who was merged since the request, under the State ID that
    /// is left.
    /// </summary>
    /// <param name="recordTypes">Codes; none means all that were asked for.</param>
    public async Task<TransferOutcome> ReleaseAsync(Caller caller, string id, IReadOnlyList<string> recordTypes, string? note, CancellationToken cancellation)
    {
        var outcome = await ActAsync(id, transfer => TryReleaseAsync(caller, transfer, recordTypes, note, cancellation), cancellation);
        if (outcome.Transfer is { } released) await LogReleaseAsync(released, cancellation);
        return outcome;
    }

    private async Task<TransferOutcome> TryReleaseAsync(Caller caller, RecordsTransfer transfer, IReadOnlyList<string> recordTypes, string? note, CancellationToken cancellation)
    {
        if (transfer.Status != TransferStatus.Requested) return TransferOutcome.Refused("The request is closed; nothing is waiting for a release.");
        var student = (await identities.FindWithSurvivorsAsync([transfer.Student], cancellation)).SurvivorOf(transfer.Student);
        var records = await state.FindYearsAsync(student, cancellation);
        if (!IsEnrolled(EnrollmentHistory.Of(student, records), transfer.To, await calendar.TodayAsync(cancellation))) return TransferOutcome.Refused($"The student is not enrolled in district {transfer.To} any more; nothing may be released to it.");
        var wanted = recordTypes.Count > 0 ? recordTypes : transfer.Asked;
        var released = records.Where(record => Sections(record, transfer.From, wanted).Any()).ToList();
        if (released.Count == 0) return TransferOutcome.Refused($"District {transfer.From} has no records of these types of the student.");
        var types = released.SelectMany(record => Sections(record, transfer.From, wanted)).Select(item => item.Section.Type.Code).Distinct().Order(StringComparer.Ordinal).ToList();
        return TransferOutcome.Of(transfer with
        {
            Student = student, Released = new TransferStep(caller.Id, clock.GetUtcNow(), note), RecordTypes = types, Versions = [.. released.Select(record => new ReleasedVersion(record.Year, record.Version))],
        });
    }

    /// <summary>Writes a release to the student's disclosure log, once for each request. A release that lost against a withdrawal was none.</summary>
    private Task LogReleaseAsync(RecordsTransfer released, CancellationToken cancellation)
    {
        var what = $"release of {string.Join(", ", released.RecordTypes)} by district {released.From} to district {released.To}, where the student is enrolled (34 CFR 99.31(a)(2)), request {released.Id}";
        return disclosures.StudentReadOnceAsync(new Disclosure(released.Released!.By, released.Released.At, what), released.Student, released.Id, cancellation);
    }

    public Task<TransferOutcome> ReceiveAsync(Caller caller, string id, string? note, CancellationToken cancellation) => ActAsync(id, transfer => Task.FromResult(transfer.Status switch
    {
        TransferStatus.Released => TransferOutcome.Of(transfer with { Received = new TransferStep(caller.Id, clock.GetUtcNow(), note) }),
        TransferStatus.Received => TransferOutcome.Of(transfer),
        _ => TransferOutcome.Refused("Nothing was released yet."),
    }), cancellation);

    public Task<TransferOutcome> WithdrawAsync(Caller caller, string id, string? note, CancellationToken cancellation) => ActAsync(id, transfer => Task.FromResult(transfer.Status switch
    {
        TransferStatus.Requested => TransferOutcome.Of(transfer with { Withdrawn = new TransferStep(caller.Id, clock.GetUtcNow(), note) }),
        TransferStatus.Withdrawn => TransferOutcome.Of(transfer),
        _ => TransferOutcome.Refused("The records were released already."),
    }), cancellation);

    /// <summary>
    /// What was released, as it was then: the old district's records of the released types, newest year first. Nothing is read that isn't in the
    /// disclosure log, also when the release died before it was written there.
    /// </summary>
    public async IAsyncEnumerable<(SchoolYear Year, Contribution Contribution, Section Section)> ReleasedAsync(RecordsTransfer transfer, [EnumeratorCancellation] CancellationToken cancellation)
    {
        if (transfer.Released is not null) await LogReleaseAsync(transfer, cancellation);
        foreach (var (year, version) in transfer.Versions)
        {
            var record = (await state.HistoryAsync(transfer.Student, year, cancellation)).First(record => record.Version == version);
            foreach (var (contribution, section) in Sections(record, transfer.From, transfer.RecordTypes)) yield return (year, contribution, section);
        }
    }

    public async Task<(RecordsTransfer Transfer, string ETag)?> FindAsync(string id, CancellationToken cancellation) =>
        await ledger.FindAsync(Of(id), Kind, Only, cancellation) is { } entry ? (JsonSerializer.Deserialize<RecordsTransfer>(entry.Json, CaseBook.Json)!, entry.ETag!) : null;

    /// <summary>A district's requests of a school year, to it and by it, oldest first.</summary>
    public async IAsyncEnumerable<RecordsTransfer> ListAsync(DistrictId district, SchoolYear year, string? afterId, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var name in ledger.ListAsync(OfDistrict(year, district), Kind, afterId, cancellation))
        {
            if (await FindAsync(name.Id, cancellation) is var (found, _)) yield return found;
        }
    }

    /// <summary>Changes a transfer as it is now, again if another change comes in between.</summary>
    private async Task<TransferOutcome> ActAsync(string id, Func<RecordsTransfer, Task<TransferOutcome>> act, CancellationToken cancellation)
    {
        while (await FindAsync(id, cancellation) is var (present, etag))
        {
            var outcome = await act(present);
            if (outcome.Transfer is not { } changed || changed == present) return outcome;
            if (await ledger.PutAsync(new(Of(id), Kind, Only, JsonSerializer.Serialize(changed, CaseBook.Json), etag), cancellation)) return outcome;
        }
        return TransferOutcome.Unknown("There is no request of that id, or not one you may see.");
    }

    private static bool IsEnrolled(EnrollmentHistory history, DistrictId district, DateOnly day) => history.Attended.Any(entry => entry.District == district && entry.Start <= day && entry.Last >= day);

    private static IEnumerable<(Contribution Contribution, Section Section)> Sections(StudentRecord record, DistrictId district, IReadOnlyList<string> types) =>
        from contribution in record.Effective
        where contribution.District == district
        from section in contribution.Sections
        where types.Count == 0 || types.Contains(section.Type.Code)
        select (contribution, section);

    /// <summary>The school year, from July on, in which something happens.</summary>
    private static SchoolYear YearOf(DateOnly day) => new(day.Month >= 7 ? day.Year + 1 : day.Year);

    private static string Of(string id) => $"records-transfer/{id}";

    private static string OfDistrict(SchoolYear year, DistrictId district) => $"records-transfers/{year}/{district}";

    private static string OfStudent(StateId student) => $"student/{student}";
}
