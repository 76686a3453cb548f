using Aim.Ports;

namespace Aim.Tests.Contracts;

/// <summary>What every <see cref="ILedger"/> promises.</summary>
[TestClass]
public abstract class LedgerContract
{
    private ILedger ledger = null!;

    /// <summary>An empty ledger.</summary>
    protected abstract Task<ILedger> OpenAsync();

    [TestInitialize]
    public async Task Open() => ledger = await OpenAsync();

    private static CancellationToken None => CancellationToken.None;

    private static LedgerEntry Entry(string id, int value, string subject = "upload/1", string kind = "report") => new(subject, kind, id, $$"""{"value":{{value}}}""");

    private async Task<string?> JsonAsync(string id, string subject = "upload/1", string kind = "report") => (await ledger.FindAsync(subject, kind, id, None))?.Json;

    private async Task<List<string>> IdsAsync(string? afterId, string subject = "upload/1", string kind = "report") =>
        await ledger.ListAsync(subject, kind, afterId, None).Select(entry => entry.Id).ToListAsync();

    [TestMethod]
    public async Task An_entry_comes_back_as_it_was_written_with_an_ETag()
    {
        var entry = new LedgerEntry("upload/1", "report", "-", """{"text":"a \"b\" é","list":[1,2,null],"inner":{"x":true}}""");
        Assert.IsTrue(await ledger.AddAsync(entry, None));

        var found = (await ledger.FindAsync("upload/1", "report", "-", None))!;

        Assert.IsNotNull(found.ETag);
        Assert.AreEqual(entry, found with { ETag = null });
        Assert.AreEqual(found, await ledger.ListAsync("upload/1", "report", null, None).SingleAsync());
    }

    [TestMethod]
    public async Task What_is_not_there_is_null()
    {
        await ledger.AddAsync(Entry("1", 1), None);

        Assert.IsNull(await JsonAsync("2"));
        Assert.IsNull(await JsonAsync("1", subject: "upload/2"));
        Assert.IsNull(await JsonAsync("1", kind: "ticket"));
        Assert.IsEmpty(await IdsAsync(null, kind: "ticket"));
    }

    [TestMethod]
    public async Task Adding_an_entry_that_exists_leaves_it_as_it_is()
    {
        Assert.IsTrue(await ledger.AddAsync(Entry("1", 1), None));
        var before = await ledger.FindAsync("upload/1", "report", "1", None);

        Assert.IsFalse(await ledger.AddAsync(Entry("1", 2), None));

        Assert.AreEqual(before, await ledger.FindAsync("upload/1", "report", "1", None));
    }

    [TestMethod]
    public async Task Of_many_who_add_the_same_entry_at_once_one_succeeds()
    {
        var added = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => ledger.AddAsync(Entry("1", i), None)));

        Assert.AreEqual(1, added.Count(success => success));
        Assert.AreEqual(Entry("1", Array.IndexOf(added, true)).Json, await JsonAsync("1"), "what is stored is what the one who succeeded wrote");
    }

    [TestMethod]
    public async Task Put_without_an_ETag_writes_over_whatever_is_there()
    {
        Assert.IsTrue(await ledger.PutAsync(Entry("1", 1), None));
        Assert.IsTrue(await ledger.PutAsync(Entry("1", 2), None));

        Assert.AreEqual(Entry("1", 2).Json, await JsonAsync("1"));
        Assert.HasCount(1, await IdsAsync(null));
    }

    [TestMethod]
    public async Task Put_with_an_ETag_writes_only_over_what_was_read()
    {
        await ledger.AddAsync(Entry("1", 1), None);
        var read = (await ledger.FindAsync("upload/1", "report", "1", None))!;

        Assert.IsTrue(await ledger.PutAsync(Entry("1", 2) with { ETag = read.ETag }, None));
        Assert.IsFalse(await ledger.PutAsync(Entry("1", 3) with { ETag = read.ETag }, None), "the entry has another ETag by now");

        Assert.AreEqual(Entry("1", 2).Json, await JsonAsync("1"));
    }

    [TestMethod]
    public async Task Put_with_an_ETag_writes_nothing_where_there_is_no_entry()
    {
        await ledger.AddAsync(Entry("1", 1), None);
        var etag = (await ledger.FindAsync("upload/1", "report", "1", None))!.ETag;

        Assert.IsFalse(await ledger.PutAsync(Entry("2", 1) with { ETag = etag }, None));
        Assert.IsFalse(await ledger.PutAsync(Entry("1", 2) with { ETag = "\"of-another-store\"" }, None));

        Assert.IsNull(await JsonAsync("2"));
        Assert.AreEqual(Entry("1", 1).Json, await JsonAsync("1"));
    }

    [TestMethod]
    public async Task Of_many_who_put_over_the_same_version_one_succeeds()
    {
        await ledger.AddAsync(Entry("1", -1), None);
        var etag = (await ledger.FindAsync("upload/1", "report", "1", None))!.ETag;

        var put = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => ledger.PutAsync(Entry("1", i) with { ETag = etag }, None)));

        Assert.AreEqual(1, put.Count(success => success));
        Assert.AreEqual(Entry("1", Array.IndexOf(put, true)).Json, await JsonAsync("1"));
    }

    [TestMethod]
    public async Task Counting_by_read_and_put_loses_no_count()
    {
        await ledger.AddAsync(Entry("counter", 0), None);

        async Task CountAsync()
        {
            while (true)
            {
                var read = (await ledger.FindAsync("upload/1", "report", "counter", None))!;
                var value = System.Text.Json.Nodes.JsonNode.Parse(read.Json)!["value"]!.GetValue<int>();
                if (await ledger.PutAsync(Entry("counter", value + 1) with { ETag = read.ETag }, None)) return;
            }
        }
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => CountAsync()));

        Assert.AreEqual(Entry("counter", 5).Json, await JsonAsync("counter"));
    }

    [TestMethod]
    public async Task Entries_are_listed_in_ordinal_order_of_their_ids_within_subject_and_kind()
    {
        foreach (var id in new[] { "b", "a", "B", "10", "9", "é", "a b" }) await ledger.AddAsync(Entry(id, 1), None);
        await ledger.AddAsync(Entry("other", 1, subject: "upload/10"), None);
        await ledger.AddAsync(Entry("other", 1, kind: "reports"), None);

        CollectionAssert.AreEqual(new[] { "10", "9", "B", "a", "a b", "b", "é" }, await IdsAsync(null));
    }

    [TestMethod]
    public async Task A_listing_goes_on_after_an_id_whether_or_not_there_is_an_entry_of_it()
    {
        foreach (var id in new[] { "a", "b", "d" }) await ledger.AddAsync(Entry(id, 1), None);

        CollectionAssert.AreEqual(new[] { "d" }, await IdsAsync("b"));
        CollectionAssert.AreEqual(new[] { "d" }, await IdsAsync("c"));
        Assert.IsEmpty(await IdsAsync("d"));
    }

    [TestMethod]
    public async Task Ids_may_hold_any_character_a_district_puts_into_a_local_id()
    {
        string[] ids = ["a/b", "a\\b", "a#b", "a?b", "a%2Fb", "a b", " a", "a'b", "a\"b", "ä", "🎓", "a|b", "a.b."];
        for (var i = 0; i < ids.Length; i++) Assert.IsTrue(await ledger.AddAsync(Entry(ids[i], i), None), ids[i]);

        for (var i = 0; i < ids.Length; i++) Assert.AreEqual(Entry(ids[i], i).Json, await JsonAsync(ids[i]), ids[i]);
        CollectionAssert.AreEquivalent(ids, await IdsAsync(null));
    }

    [TestMethod]
    public async Task More_entries_than_fit_on_a_page_are_listed_all()
    {
        var ids = Enumerable.Range(0, 250).Select(i => $"{i:D4}").ToList();
        await Task.WhenAll(ids.Select((id, i) => ledger.AddAsync(Entry(id, i), None)));

        CollectionAssert.AreEqual(ids, await IdsAsync(null));
        CollectionAssert.AreEqual(ids[200..], await IdsAsync("0199"));
    }
}
