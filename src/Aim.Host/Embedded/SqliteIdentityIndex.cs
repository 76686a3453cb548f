using System.Security.Cryptography;
using Aim.Editions;
using Aim.Identity;
using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;

namespace Aim.Host.Embedded;

/// <summary>Identities in SQLite; the one writer makes every claim atomic.</summary>
internal sealed class SqliteIdentityIndex(SqliteDatabase database) : IIdentityIndex
{
    private const string Columns = "state_id, last_name, first_name, middle_name, suffix, birth_date, gender, merged_into";

    /// <summary>
    /// New State IDs are drawn at random: nobody can tell anything from the number, and a mistyped one hardly ever hits another child.
    /// </summary>
    private const int LowestNewId = 100_000_000;

    /// <summary>Under a key with more people than this, the others are left out: it says nothing, and they have other keys.</summary>
    private const int MostAlike = 300;

    /// <summary>From this many local ids on, one scan is cheaper than looking each up.</summary>
    private const int RangeScan = 50;

    public Task<IReadOnlyDictionary<StateId, Person>> FindAsync(IReadOnlyCollection<StateId> ids, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyDictionary<StateId, Person>>(ids.Count, session => ids.Distinct().Select(id => Find(session, id)).OfType<Person>().ToDictionary(person => person.StateId), cancellation);

    private static Person? Find(SqliteSession session, StateId id) => session.Single($"SELECT {Columns} FROM person WHERE state_id = ?1", Read, id.Value);

    public Task<IReadOnlyDictionary<string, StateId>> FindLinksAsync(DistrictId district, IReadOnlyCollection<string> localIds, CancellationToken cancellation) =>
        Task.FromResult(database.Read<IReadOnlyDictionary<string, StateId>>(session => localIds.Count < RangeScan ? LookUpLinks(session, district, localIds) : ScanLinks(session, district, localIds)));

    private static Dictionary<string, StateId> LookUpLinks(SqliteSession session, DistrictId district, IReadOnlyCollection<string> localIds)
    {
        var links = new Dictionary<string, StateId>();
        foreach (var localId in localIds) if (FindLink(session, district, localId) is { } id) links[localId] = id;
        return links;
    }

    /// <summary>Many local ids at once are neighbours, as a sync goes through a district in their order.</summary>
    private static Dictionary<string, StateId> ScanLinks(SqliteSession session, DistrictId district, IReadOnlyCollection<string> localIds)
    {
        var wanted = localIds.ToHashSet();
        var links = new Dictionary<string, StateId>(wanted.Count);
        using var rows = session.Open("SELECT local_id, state_id FROM identity_link WHERE district = ?1 AND local_id BETWEEN ?2 AND ?3",
            district.Value, localIds.Min(Utf8Order.Comparer), localIds.Max(Utf8Order.Comparer));
        while (rows.Read()) if (rows.Row.Text(0) is var localId && wanted.Contains(localId)) links[localId] = new StateId(rows.Row.Int(1));
        return links;
    }

    private static StateId? FindLink(SqliteSession session, DistrictId district, string localId) =>
        session.Scalar("SELECT state_id FROM identity_link WHERE district = ?1 AND local_id = ?2", district.Value, localId) is long id ? new StateId((int)id) : null;

    public Task<IReadOnlyList<ClaimOutcome>> ClaimAsync(IReadOnlyList<IdentityClaim> claims, CancellationToken cancellation) =>
        database.WriteAsync<IReadOnlyList<ClaimOutcome>>(session => [.. claims.Select(claim => Claim(session, claim))], cancellation);

    private static ClaimOutcome Claim(SqliteSession session, IdentityClaim claim)
    {
        if (FindLink(session, claim.District, claim.LocalId) is { } known) return ClaimOutcome.Known(known);
        if (IdentityKey.Of(claim.Person) is { } key)
        {
            var same = session.List("SELECT state_id FROM person WHERE identity_key = ?1 AND merged_into IS NULL ORDER BY state_id", row => new StateId(row.Int(0)), key.Value);
            if (same.Count > 0) return ClaimOutcome.Near(same);
        }
        var id = Add(session, claim.Person);
        Link(session, claim.District, claim.LocalId, id);
        return ClaimOutcome.New(id);
    }

    public Task<StateId> AddAsync(Person person, CancellationToken cancellation) => database.WriteAsync(session => Add(session, person), cancellation);

    private static StateId Add(SqliteSession session, Person person)
    {
        StateId id;
        do id = new StateId(RandomNumberGenerator.GetInt32(LowestNewId, StateId.Highest + 1));
        while (Find(session, id) is not null);
        Put(session, person with { StateId = id }, null);
        return id;
    }

    public Task<IReadOnlyList<IReadOnlyList<Person>>> FindAlikeAsync(IReadOnlyList<Person> people, CancellationToken cancellation) =>
        database.ReadAsync<IReadOnlyList<IReadOnlyList<Person>>>(people.Count, session => [.. people.Select(person => FindAlike(session, person))], cancellation);

    private static List<Person> FindAlike(SqliteSession session, Person person)
    {
        var ids = new SortedSet<StateId>();
        foreach (var key in BlockingKeys.Of(person))
            foreach (var id in session.List("SELECT state_id FROM person_block WHERE key = ?1 ORDER BY state_id LIMIT ?2", row => new StateId(row.Int(0)), key, MostAlike)) ids.Add(id);
        return [.. ids.Select(id => Find(session, id)).OfType<Person>().Where(found => found.MergedInto is null && found.StateId != person.StateId)];
    }

    public Task<bool> SetSurvivorAsync(StateId id, StateId? survivor, CancellationToken cancellation) =>
        database.WriteAsync(session => session.Execute("UPDATE person SET merged_into = ?2 WHERE state_id = ?1", id.Value, survivor?.Value) == 1, cancellation);

    public IAsyncEnumerable<Person> ListAsync(CancellationToken cancellation) => database.Stream(List).ToAsyncEnumerable();

    private static IEnumerable<Person> List(SqliteSession session)
    {
        using var rows = session.Open($"SELECT {Columns} FROM person ORDER BY state_id");
        while (rows.Read()) yield return Read(rows.Row);
    }

    /// <summary>For a data file from before there were keys.</summary>
    public static void WriteKeysAnew(SqliteSession session)
    {
        session.Execute("DELETE FROM person_block");
        foreach (var person in List(session).ToList()) Put(session, person, null);
    }

    public Task LinkAsync(DistrictId district, IReadOnlyDictionary<string, StateId> links, CancellationToken cancellation) =>
        database.WriteAsync(session => { foreach (var (localId, id) in links) Link(session, district, localId, id); }, cancellation);

    private static void Link(SqliteSession session, DistrictId district, string localId, StateId id) =>
        session.Execute("INSERT OR REPLACE INTO identity_link VALUES (?1, ?2, ?3)", district.Value, localId, id.Value);

    public async Task PutAsync(IReadOnlyList<Person> people, CancellationToken cancellation)
    {
        await database.WriteAsync(session =>
        {
            foreach (var person in people)
            {
                var stored = Find(session, person.StateId);
                if (Keep(person, stored) is var kept && kept != stored) Put(session, kept, stored);
            }
        }, cancellation);
    }

    /// <summary>A merge is undone by a decision, never by a district's data.</summary>
    private static Person Keep(Person person, Person? stored) => stored is null ? person : person with { MergedInto = person.MergedInto ?? stored.MergedInto };

    private static void Put(SqliteSession session, Person person, Person? stored)
    {
        session.Execute($"INSERT OR REPLACE INTO person ({Columns}, identity_key) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", person.StateId.Value, person.LastName, person.FirstName,
            person.MiddleName, person.Suffix, person.BirthDate?.DayNumber, person.Gender, person.MergedInto?.Value, IdentityKey.Of(person)?.Value);
        var (before, after) = (stored is null ? [] : BlockingKeys.Of(stored), BlockingKeys.Of(person));
        foreach (var key in before) if (!after.Contains(key)) session.Execute("DELETE FROM person_block WHERE key = ?1 AND state_id = ?2", key, person.StateId.Value);
        foreach (var key in after) if (!before.Contains(key)) session.Execute("INSERT OR IGNORE INTO person_block VALUES (?1, ?2)", key, person.StateId.Value);
    }

    private static Person Read(SqliteRow row) => new()
    {
        StateId = new StateId(row.Int(0)), LastName = row.TextOrNull(1), FirstName = row.TextOrNull(2), MiddleName = row.TextOrNull(3), Suffix = row.TextOrNull(4),
        BirthDate = row.Number(5) is { } day ? DateOnly.FromDayNumber((int)day) : null, Gender = row.TextOrNull(6),
        MergedInto = row.Number(7) is { } survivor ? new StateId((int)survivor) : null,
    };
}
