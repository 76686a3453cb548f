using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using Aim.Ports;
using Aim.Records;

namespace Aim.Movement;

/// <summary>What the state has set for cases.</summary>
/// <param name="DaysToAnswer">From the opening of a case until its due date.</param>
public sealed record CaseTerms(int DaysToAnswer)
{
    public static CaseTerms Default { get; } = new(14);
}

/// <summary>
/// The ledger's pages of cases. A case is one entry among those of its year; each of its districts and its student have a page that names
/// it. The names are written first, so that a case is never there without being found.
/// </summary>
public sealed class CaseBook(ILedger ledger)
{
    private const string Kind = "case";
    private const string Terms = "terms";
    private const string Only = "-";

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() }, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>An id that holds its year and can't be guessed from a State ID alone.</summary>
    internal static string IdOf(StateFinding finding, StateId student, int before)
    {
        var hash = ContentHash.OfText($"{finding.Rule.Id}/{student}/{string.Join('/', finding.Sides.Select(side => side.District))}/{before}");
        return string.Create(CultureInfo.InvariantCulture, $"{finding.Year}-{finding.From:yyyyMMdd}-{(ulong)(hash >> 64):x16}");
    }

    public async Task<CaseTerms> TermsAsync(CancellationToken cancellation) =>
        await ledger.FindAsync("cases", Terms, Only, cancellation) is { } entry ? JsonSerializer.Deserialize<CaseTerms>(entry.Json, Json)! : CaseTerms.Default;

    public Task SetTermsAsync(CaseTerms terms, CancellationToken cancellation) => ledger.PutAsync(new("cases", Terms, Only, JsonSerializer.Serialize(terms, Json)), cancellation);

    /// <summary>Adds a case; nothing happens when it is there.</summary>
    public async Task<bool> AddAsync(MovementCase added, CancellationToken cancellation)
    {
        await ledger.AddAsync(new(OfStudent(added.Student), Kind, added.Id, "{}"), cancellation);
        foreach (var side in added.Sides) await ledger.AddAsync(new(OfDistrict(added.Year, side.District), Kind, added.Id, "{}"), cancellation);
        return await ledger.AddAsync(new(OfYear(added.Year), Kind, added.Id, JsonSerializer.Serialize(added, Json)), cancellation);
    }

    /// <summary>A case with the ETag of its entry; null when there is none.</summary>
    public async Task<(MovementCase Case, string ETag)?> FindAsync(string id, CancellationToken cancellation) =>
        id.Length > 4 && SchoolYear.TryParse(id[..4], null, out var year) && await ledger.FindAsync(OfYear(year), Kind, id, cancellation) is { } entry ? (Read(entry), entry.ETag!) : null;

    /// <summary>
    /// Changes a case as it is now, again if another change comes in between; null when there is no such case. A change that gives the case
    /// back as it is writes nothing.
    /// </summary>
    public async Task<(MovementCase Case, string ETag)?> ChangeAsync(string id, Func<MovementCase, string, MovementCase> change, CancellationToken cancellation)
    {
        while (await FindAsync(id, cancellation) is var (present, etag))
        {
            var changed = change(present, etag);
            if (changed == present) return (present, etag);
            if (await ledger.PutAsync(new(OfYear(present.Year), Kind, id, JsonSerializer.Serialize(changed, Json), etag), cancellation)) return await FindAsync(id, cancellation);
        }
        return null;
    }

    public async Task<IReadOnlyList<MovementCase>> OfStudentAsync(StateId student, CancellationToken cancellation)
    {
        var cases = new List<MovementCase>();
        await foreach (var name in ledger.ListAsync(OfStudent(student), Kind, null, cancellation))
        {
            if (await FindAsync(name.Id, cancellation) is var (found, _)) cases.Add(found);
        }
        return cases;
    }

    /// <summary>The cases of a year, or of one district in it, by the first day of what is wrong.</summary>
    public async IAsyncEnumerable<MovementCase> ListAsync(SchoolYear year, DistrictId? district, string? afterId, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await foreach (var entry in ledger.ListAsync(district is { } one ? OfDistrict(year, one) : OfYear(year), Kind, afterId, cancellation))
        {
            if (district is null) yield return Read(entry);
            else if (await FindAsync(entry.Id, cancellation) is var (found, _)) yield return found;
        }
    }

    private static MovementCase Read(LedgerEntry entry) => JsonSerializer.Deserialize<MovementCase>(entry.Json, Json)!;

    private static string OfYear(SchoolYear year) => $"cases/{year}";

    private static string OfDistrict(SchoolYear year, DistrictId district) => $"cases/{year}/{district}";

    private static string OfStudent(StateId student) => $"student/{student}";
}
