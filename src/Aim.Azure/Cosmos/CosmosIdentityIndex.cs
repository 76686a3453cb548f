using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Aim.Identity;
using Aim.Identity.Matching;
using Aim.Ports;
using Aim.Records;
using Microsoft.Azure.Cosmos;

namespace Aim.Azure.Cosmos;

/// <summary>
/// Identities in Cosmos DB. Four kinds of items, read by their partition's key: a person by State ID, a link by district and
/// local id, a name with those who go by it, and for each key to look for somebody by an item of each who has, or had, that key. The last can be made anew from the people.
/// <para>
/// No transaction spans them, so a claim is a row of steps that each can be done again. What decides it is the item of the name, written under its
/// ETag: it takes down which local id draws which State ID before anything else is made. Two claims for one child meet there, and
/// a claim repeated after a crash finds its State ID there. A name is added before a person takes it and removed after the person gives it up, so
/// somebody may be listed who no longer goes by it (and is left out when read), but nobody is missing.
/// </para>
/// </summary>
internal sealed class CosmosIdentityIndex(CosmosAccount account) : IIdentityIndex
{
    private const int AtOnce = 32;

    /// <summary>From this many people on, writing in bulk is worth the wait for a request to fill.</summary>
    private const int Bulk = 200;

    /// <summary>A key that more people have says nothing; they have other keys.</summary>
    private const int MostAlike = 300;

    /// <summary>As the numbers given out before AIM were lower, a new one is hardly ever taken.</summary>
    private const int LowestNewId = 100_000_000;

    private readonly CosmosTable table = account.Table(CosmosContainers.Identities);

    private const string PersonId = "person", LinkId = "link", NameId = "name";

    /// <param name="ClaimedBy">The claim that the State ID was drawn for.</param>
    private sealed record PersonItem(string Id, string LookupKey, Person Person, string? ClaimedBy);

    private sealed record LinkItem(string Id, string LookupKey, string LocalId, StateId StateId, string WriteId);

    /// <param name="People">Who goes by the name, or did.</param>
    /// <param name="Claims">Which State ID was drawn for which local id.</param>
    private sealed record NameItem(string Id, string LookupKey, IReadOnlyList<StateId> People, IReadOnlyDictionary<string, StateId> Claims);

    private sealed record BlockItem(string Id, string LookupKey);

    private static string BlockKey(long key) => $"block/{key.ToString("x16", CultureInfo.InvariantCulture)}";

    private static string PersonKey(StateId id) => $"person/{id}";

    private static string LinkKey(DistrictId district, string localId) => $"link/{district}/{localId}";

    private static string NameKey(IdentityKey key) => $"name/{key.Value.ToString("x32", CultureInfo.InvariantCulture)}";

    public async Task<IReadOnlyDictionary<StateId, Person>> FindAsync(IReadOnlyCollection<StateId> ids, CancellationToken cancellation) =>
        (await FindPeopleAsync(ids, cancellation)).ToDictionary(item => item.Person.StateId, item => item.Person);

    private Task<IReadOnlyList<PersonItem>> FindPeopleAsync(IReadOnlyCollection<StateId> ids, CancellationToken cancellation) =>
        table.FindManyAsync<PersonItem>("find people", [.. ids.Select(id => (PersonId, PersonKey(id)))], cancellation);

    public async Task<IReadOnlyDictionary<string, StateId>> FindLinksAsync(DistrictId district, IReadOnlyCollection<string> localIds, CancellationToken cancellation) =>
        (await table.FindManyAsync<LinkItem>("find links", [.. localIds.Select(localId => (LinkId, LinkKey(district, localId)))], cancellation)).ToDictionary(item => item.LocalId, item => item.StateId);

    public async Task<IReadOnlyList<ClaimOutcome>> ClaimAsync(IReadOnlyList<IdentityClaim> claims, CancellationToken cancellation)
    {
        var outcomes = new ClaimOutcome[claims.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, claims.Count), Parallelism(cancellation), async (i, token) => outcomes[i] = await ClaimAsync(claims[i], token));
        return outcomes;
    }

    private static ParallelOptions Parallelism(CancellationToken cancellation) => new() { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellation };

    private async Task<ClaimOutcome> ClaimAsync(IdentityClaim claim, CancellationToken cancellation)
    {
        var (linkKey, claimant) = (LinkKey(claim.District, claim.LocalId), $"{claim.District}/{claim.LocalId}");
        // A child without a full name, birth date and gender is like nobody else; the claim is still taken down, under the local id.
        var nameKey = IdentityKey.Of(claim.Person) is { } key ? NameKey(key) : $"name/{linkKey}";
        while (true)
        {
            if (await table.FindAsync<LinkItem>("find link", linkKey, LinkId, cancellation) is { } known) return ClaimOutcome.Known(known.Item.StateId);
            var (drawn, candidates) = await DrawAsync(nameKey, claimant, cancellation);
            if (drawn is not { } id)
            {
                if (candidates.Count > 0) return ClaimOutcome.Near(candidates);
                continue;
            }
            await AddBlocksAsync(claim.Person with { StateId = id }, null, false, cancellation);
            if (!await MakePersonAsync(claim.Person with { StateId = id }, claimant, cancellation))
            {
                await ChangeNameAsync(nameKey, name => name with { People = [.. name.People.Where(other => other != id)], Claims = Without(name.Claims, claimant) }, cancellation);
                continue;
            }
            var link = new LinkItem(LinkId, linkKey, claim.LocalId, id, Guid.NewGuid().ToString("N"));
            if (await table.CreateAsync("link", linkKey, link, cancellation) == CosmosWrite.Written) return ClaimOutcome.New(id);
            var present = await table.FindAsync<LinkItem>("find link", linkKey, LinkId, cancellation);
            if (present is { } stored) return stored.Item.WriteId == link.WriteId ? ClaimOutcome.New(id) : ClaimOutcome.Known(stored.Item.StateId);
        }
    }

    /// <summary>
    /// The State ID that is taken down for a claimant under a name: an earlier one, or a new one if nobody else goes by the name. No State ID and
    /// no candidates: somebody else wrote the name meanwhile; try again.
    /// </summary>
    private async Task<(StateId? Drawn, IReadOnlyList<StateId> Candidates)> DrawAsync(string nameKey, string claimant, CancellationToken cancellation)
    {
        var stored = await table.FindAsync<NameItem>("find name", nameKey, NameId, cancellation);
        var name = stored?.Item ?? new NameItem(NameId, nameKey, [], new Dictionary<string, StateId>());
        if (name.Claims.TryGetValue(claimant, out var earlier)) return (earlier, []);
        var others = await StillCalledSoAsync(name, cancellation);
        if (others.Count > 0) return (null, others);
        // Drawn at random: nobody can tell anything from the number, and a mistyped one hardly ever hits another child.
        var id = new StateId(RandomNumberGenerator.GetInt32(LowestNewId, StateId.Highest + 1));
        name = name with { People = [.. name.People, id], Claims = new Dictionary<string, StateId>(name.Claims) { [claimant] = id } };
        return await WriteAsync(name, stored?.ETag, false, cancellation) ? (id, []) : (null, []);
    }

    /// <summary>Of those listed under a name, who still goes by it and was not merged into another; one who is only just being made counts.</summary>
    private async Task<IReadOnlyList<StateId>> StillCalledSoAsync(NameItem name, CancellationToken cancellation)
    {
        if (name.People.Count == 0) return [];
        var people = (await FindAsync(name.People, cancellation)).Values.ToDictionary(person => person.StateId);
        return [.. name.People.Where(id => people.TryGetValue(id, out var person)
            ? person.MergedInto is null && IdentityKey.Of(person) is { } key && NameKey(key) == name.LookupKey
            : name.Claims.Values.Contains(id)).Order()];
    }

    /// <summary>False when the State ID belongs to somebody else.</summary>
    private async Task<bool> MakePersonAsync(Person person, string claimant, CancellationToken cancellation)
    {
        var key = PersonKey(person.StateId);
        if (await table.CreateAsync("make person", key, new PersonItem(PersonId, key, person, claimant), cancellation) == CosmosWrite.Written) return true;
        return await table.FindAsync<PersonItem>("find person", key, PersonId, cancellation) is { } present && present.Item.ClaimedBy == claimant;
    }

    public async Task<IReadOnlyList<IReadOnlyList<Person>>> FindAlikeAsync(IReadOnlyList<Person> people, CancellationToken cancellation)
    {
        var keys = people.SelectMany(BlockingKeys.Of).Distinct().ToList();
        var ids = new ConcurrentDictionary<long, IReadOnlyList<StateId>>();
        await Parallel.ForEachAsync(keys, Parallelism(cancellation), async (key, token) => ids[key] = await UnderAsync(key, token));
        var known = (await FindAsync([.. ids.Values.SelectMany(found => found).Distinct()], cancellation)).Values.Where(person => person.MergedInto is null).ToDictionary(person => person.StateId);
        return [.. people.Select(person => Alike(person, ids, known))];
    }

    /// <summary>An item may be left over from when the person had the key.</summary>
    private static List<Person> Alike(Person person, ConcurrentDictionary<long, IReadOnlyList<StateId>> ids, Dictionary<StateId, Person> known) =>
    [
        .. BlockingKeys.Of(person).SelectMany(key => ids[key].Where(id => known.TryGetValue(id, out var found) && BlockingKeys.Of(found).Contains(key))).Distinct().Where(id => id != person.StateId).Order().Select(id => known[id]),
    ];

    private async Task<IReadOnlyList<StateId>> UnderAsync(long key, CancellationToken cancellation)
    {
        static QueryDefinition After(string id) => new QueryDefinition("SELECT * FROM c WHERE c.id > @after ORDER BY c.id").WithParameter("@after", id);
        return await table.QueryAsync<BlockItem>("find alike", BlockKey(key), "", After, item => item.Id, cancellation).Take(MostAlike).Select(item => StateId.Parse(item.Id)).ToListAsync(cancellation);
    }

    private Task AddBlocksAsync(Person person, Person? before, bool inBulk, CancellationToken cancellation) =>
        Parallel.ForEachAsync(BlockingKeys.Of(person).Except(before is null ? [] : BlockingKeys.Of(before)), Parallelism(cancellation), async (key, token) =>
            await table.CreateAsync("put key", BlockKey(key), new BlockItem(person.StateId.ToString(), BlockKey(key)), token, inBulk));

    public async Task<StateId> AddAsync(Person person, CancellationToken cancellation)
    {
        while (true)
        {
            var added = person with { StateId = new StateId(RandomNumberGenerator.GetInt32(LowestNewId, StateId.Highest + 1)) };
            if (IdentityKey.Of(added) is { } key) await AddNameAsync(NameKey(key), added.StateId, false, cancellation);
            await AddBlocksAsync(added, null, false, cancellation);
            if (await MakePersonAsync(added, Guid.NewGuid().ToString("N"), cancellation)) return added.StateId;
        }
    }

    public async Task<bool> SetSurvivorAsync(StateId id, StateId? survivor, CancellationToken cancellation)
    {
        while (await table.FindAsync<PersonItem>("find person", PersonKey(id), PersonId, cancellation) is { } stored)
        {
            if (stored.Item.Person.MergedInto == survivor) return true;
            var merged = stored.Item with { Person = stored.Item.Person with { MergedInto = survivor } };
            if (await table.ReplaceAsync("merge person", PersonKey(id), PersonId, stored.ETag, merged, cancellation) == CosmosWrite.Written) return true;
        }
        return false;
    }

    public IAsyncEnumerable<Person> ListAsync(CancellationToken cancellation)
    {
        static QueryDefinition After(string key) =>
            new QueryDefinition("SELECT * FROM c WHERE c.lookupKey > @above AND c.lookupKey < @below ORDER BY c.lookupKey").WithParameter("@above", key).WithParameter("@below", "person0");
        return table.QueryAsync<PersonItem>("list people", null, "person/", After, item => item.LookupKey, cancellation).Select(item => item.Person);
    }

    public Task LinkAsync(DistrictId district, IReadOnlyDictionary<string, StateId> links, CancellationToken cancellation) =>
        Parallel.ForEachAsync(links, Parallelism(cancellation), async (link, token) =>
        {
            var key = LinkKey(district, link.Key);
            await table.UpsertAsync("link", key, new LinkItem(LinkId, key, link.Key, link.Value, Guid.NewGuid().ToString("N")), token, links.Count >= Bulk);
        });

    public async Task PutAsync(IReadOnlyList<Person> people, CancellationToken cancellation)
    {
        var inBulk = people.Count >= Bulk;
        var stored = (await FindPeopleAsync([.. people.Select(person => person.StateId)], cancellation)).ToDictionary(item => item.Person.StateId);
        var options = new ParallelOptions { MaxDegreeOfParallelism = inBulk ? 8 * AtOnce : AtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(people, options, async (person, token) => await PutAsync(person, stored.GetValueOrDefault(person.StateId), inBulk, token));
    }

    private async Task PutAsync(Person person, PersonItem? before, bool inBulk, CancellationToken cancellation)
    {
        while (true)
        {
            if (before is not null && Keep(person, before.Person) == before.Person) return;
            var kept = before is null ? person : Keep(person, before.Person);
            var (oldName, newName) = (before is null ? null : IdentityKey.Of(before.Person), IdentityKey.Of(kept));
            await AddBlocksAsync(kept, before?.Person, inBulk, cancellation);
            if (newName is { } added && added != oldName) await AddNameAsync(NameKey(added), person.StateId, inBulk, cancellation);
            if (await WritePersonAsync(kept, before, inBulk, cancellation))
            {
                if (oldName is { } given && given != newName)
                    await ChangeNameAsync(NameKey(given), name => name with { People = [.. name.People.Where(id => id != person.StateId)] }, cancellation);
                return;
            }
            before = (await table.FindAsync<PersonItem>("find person", PersonKey(person.StateId), PersonId, cancellation))?.Item;
        }
    }

    /// <summary>A merge is undone by a decision, never by a district's data.</summary>
    private static Person Keep(Person person, Person stored) => person with { MergedInto = person.MergedInto ?? stored.MergedInto };

    private async Task<bool> WritePersonAsync(Person person, PersonItem? before, bool inBulk, CancellationToken cancellation)
    {
        var key = PersonKey(person.StateId);
        if (before is null) return await table.CreateAsync("put person", key, new PersonItem(PersonId, key, person, null), cancellation, inBulk) == CosmosWrite.Written;
        if (await table.FindAsync<PersonItem>("find person", key, PersonId, cancellation) is not { } present || present.Item.Person != before.Person) return false;
        return await table.ReplaceAsync("put person", key, PersonId, present.ETag, present.Item with { Person = person }, cancellation, inBulk) == CosmosWrite.Written;
    }

    private async Task AddNameAsync(string nameKey, StateId id, bool inBulk, CancellationToken cancellation)
    {
        if (await WriteAsync(new NameItem(NameId, nameKey, [id], new Dictionary<string, StateId>()), null, inBulk, cancellation)) return;
        await ChangeNameAsync(nameKey, name => name.People.Contains(id) ? name : name with { People = [.. name.People, id] }, cancellation);
    }

    private async Task ChangeNameAsync(string nameKey, Func<NameItem, NameItem> change, CancellationToken cancellation)
    {
        while (await table.FindAsync<NameItem>("find name", nameKey, NameId, cancellation) is { } stored)
        {
            var changed = change(stored.Item);
            if (ReferenceEquals(changed, stored.Item) || await WriteAsync(changed, stored.ETag, false, cancellation)) return;
        }
    }

    private async Task<bool> WriteAsync(NameItem name, string? etag, bool inBulk, CancellationToken cancellation) => CosmosWrite.Written == (etag is null
        ? await table.CreateAsync("put name", name.LookupKey, name, cancellation, inBulk)
        : await table.ReplaceAsync("put name", name.LookupKey, NameId, etag, name, cancellation, inBulk));

    private static Dictionary<string, StateId> Without(IReadOnlyDictionary<string, StateId> claims, string claimant) => claims.Where(claim => claim.Key != claimant).ToDictionary();
}
