using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Aim.Tests.Setup;
using Microsoft.Extensions.Time.Testing;

namespace Aim.Tests.Api;

[TestClass]
public sealed class UploadUrlTests
{
    private static RunningHost host = null!;
    private static HttpClient clerk = null!;

    [ClassInitialize]
    public static async Task StartAsync(TestContext _)
    {
        host = await RunningHost.StartAsync();
        clerk = await host.AsAsync("clerk-0123");
    }

    [ClassCleanup]
    public static async Task StopAsync() => await host.DisposeAsync();

    private static async Task<string> UrlAsync(string type = "SD") => (await host.RequestUploadAsync(clerk, type)).GetProperty("url").GetString()!;

    private static byte[] File(params string[] localIds) => Encoding.UTF8.GetBytes(Sample.Tsv("SD", [.. localIds.Select(id => Sample.Student(id))]));

    private static async Task ExpectAsync(HttpStatusCode status, Task<HttpResponseMessage> sending, string what = "")
    {
        using var response = await sending;
        var text = await response.Content.ReadAsStringAsync();
        Assert.AreEqual(status, response.StatusCode, $"{what} {text}");
        if ((int)status >= 400) Assert.AreEqual("application/problem+json", response.Content.Headers.ContentType?.MediaType, what);
    }

    [TestMethod]
    public async Task An_upload_URL_takes_the_file_once_and_gives_nothing_back()
    {
        var url = await UrlAsync();

        await ExpectAsync(HttpStatusCode.Created, host.PutAsync(url, File("2001")));

        await ExpectAsync(HttpStatusCode.Conflict, host.PutAsync(url, File("2002")), "a second file");
        await ExpectAsync(HttpStatusCode.Conflict, host.PutAsync($"{url}&comp=block&blockid=AAAA", File("2002")), "a block of a second file");
        await ExpectAsync(HttpStatusCode.MethodNotAllowed, clerk.GetAsync(url), "reading");
        await ExpectAsync(HttpStatusCode.MethodNotAllowed, clerk.DeleteAsync(url), "deleting");
        await ExpectAsync(HttpStatusCode.Unauthorized, host.Anonymous.GetAsync(url), "reading without a token");
    }

    [TestMethod]
    public async Task An_upload_URL_is_good_for_its_own_path_and_signature_only()
    {
        var (url, other) = (new Uri(await UrlAsync()), new Uri(await UrlAsync()));
        var key = url.Segments[^2].Trim('/');
        foreach (var (what, wrong) in new[]
        {
            ("another path", $"{other.GetLeftPart(UriPartial.Path)}{url.Query}"),
            ("another file", $"{url.GetLeftPart(UriPartial.Path)}x{url.Query}"),
            ("out of the folder", $"{host.Address}blobs/uploads/..%2F..%2Faim.db{url.Query}"),
            ("out of the folder, with dots", $"{host.Address}blobs/uploads/0123/2026/SD/{key}/%2E%2E/%2E%2E/aim.db{url.Query}"),
            ("a snapshot", $"{host.Address}blobs/snapshots/fall/manifest.json{url.Query}"),
            ("no signature", url.GetLeftPart(UriPartial.Path)),
            ("an empty signature", $"{url.GetLeftPart(UriPartial.Path)}?se=9999999999&sp=c&sig="),
            ("a later end", url.ToString().Replace("se=", "se=9", StringComparison.Ordinal)),
            ("an end that is none", url.ToString().Replace("se=", "se=x", StringComparison.Ordinal)),
            ("a tampered signature", url.ToString()[..^1] + (url.ToString()[^1] == '0' ? '1' : '0')),
            ("a signature of other letters", $"{url.GetLeftPart(UriPartial.Path)}?se=9999999999&sig=%C3%A4%00"),
        }) await ExpectAsync(HttpStatusCode.Forbidden, host.PutAsync(wrong, File("2001")), what);

        await ExpectAsync(HttpStatusCode.Created, host.PutAsync(url.ToString(), File("2001")), "the URL as it was given");
    }

    [TestMethod]
    public async Task An_upload_URL_ends_after_an_hour()
    {
        var folder = AssemblySetup.NewFolder("expiry");
        await (await Workbench.OpenAsync(folder)).DisposeAsync();
        // Tokens are checked against the real clock, so the host's own one starts there.
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var early = await RunningHost.StartAsync(folder, clock);
        var client = await early.AsAsync("clerk-0123");
        var (first, second) = (await early.RequestUploadAsync(client, "SD"), await early.RequestUploadAsync(client, "SD"));

        clock.Advance(TimeSpan.FromMinutes(59));
        await ExpectAsync(HttpStatusCode.Created, early.PutAsync(first.GetProperty("url").GetString()!, File("2001")));
        clock.Advance(TimeSpan.FromMinutes(2));
        await ExpectAsync(HttpStatusCode.Forbidden, early.PutAsync(second.GetProperty("url").GetString()!, File("2001")));
    }

    [TestMethod]
    public async Task A_file_can_come_in_blocks_in_any_order()
    {
        var place = await host.RequestUploadAsync(clerk, "SD");
        var url = place.GetProperty("url").GetString()!;
        var blocks = File("3001", "3002", "3003").Chunk(40).Select((content, i) => (Id: Convert.ToBase64String(Encoding.ASCII.GetBytes($"block-{i:D4}")), Content: content)).ToList();
        Assert.IsGreaterThan(3, blocks.Count);
        foreach (var (id, content) in blocks.AsEnumerable().Reverse()) await ExpectAsync(HttpStatusCode.Created, host.PutAsync($"{url}&comp=block&blockid={Uri.EscapeDataString(id)}", content, blobType: null));
        await ExpectAsync(HttpStatusCode.Created, host.PutAsync($"{url}&comp=block&blockid={Uri.EscapeDataString(blocks[1].Id)}", blocks[1].Content, blobType: null), "a block put again");

        await ExpectAsync(HttpStatusCode.Created, host.PutAsync($"{url}&comp=blocklist", BlockList(blocks.Select(block => block.Id)), blobType: null));

        var ended = await host.WhenEndedAsync(clerk, place.GetProperty("key").GetString()!);
        Assert.AreEqual(("Accepted", 3), (ended.GetProperty("status").GetString(), ended.GetProperty("counts").GetProperty("rows").GetInt32()), ended.ToString());
        await ExpectAsync(HttpStatusCode.Conflict, host.PutAsync($"{url}&comp=blocklist", BlockList([]), blobType: null), "a second list");
    }

    private static byte[] BlockList(IEnumerable<string> ids) => Encoding.UTF8.GetBytes($"<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>{string.Concat(ids.Select(id => $"<Latest>{id}</Latest>"))}</BlockList>");

    [TestMethod]
    public async Task Blocks_that_make_no_file_are_refused()
    {
        var url = await UrlAsync();
        foreach (var id in new[] { "", "..%2F..%2Faim.db", "%00", "not base64", Uri.EscapeDataString(Convert.ToBase64String(new byte[65])), new string('A', 5000) })
            await ExpectAsync(HttpStatusCode.BadRequest, host.PutAsync($"{url}&comp=block&blockid={id}", [1], blobType: null), id);
        await ExpectAsync(HttpStatusCode.Created, host.PutAsync($"{url}&comp=block&blockid={Uri.EscapeDataString(Convert.ToBase64String(new byte[64]))}", [1], blobType: null), "the longest id");
        await ExpectAsync(HttpStatusCode.BadRequest, host.PutAsync($"{url}&comp=blocklist", BlockList(["AAAA"]), blobType: null), "a block that was not put");
        foreach (var list in new[] { "", "this is no XML", "<Other/>", """<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/passwd">]><BlockList><Latest>&a;</Latest></BlockList>""", $"<BlockList>{string.Concat(Enumerable.Repeat("<Latest>AAAA</Latest>", 50_001))}</BlockList>" })
            await ExpectAsync(HttpStatusCode.BadRequest, host.PutAsync($"{url}&comp=blocklist", Encoding.UTF8.GetBytes(list), blobType: null), list[..Math.Min(40, list.Length)]);
        await ExpectAsync(HttpStatusCode.BadRequest, host.PutAsync($"{url}&comp=snapshot", [1], blobType: null), "another operation");
        await ExpectAsync(HttpStatusCode.BadRequest, host.PutAsync(url, [1], blobType: "PageBlob"), "another kind of blob");
        await ExpectAsync(HttpStatusCode.Created, host.PutAsync(url, File("2001")), "and the URL still takes the file");
    }

    [TestMethod]
    public async Task An_idempotency_key_sent_again_gives_the_same_upload_also_at_once()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => AskAsync("once", "EN.tsv")));

        Assert.HasCount(1, answers.Select(answer => answer.Body.GetProperty("key").GetString()).Distinct());
        Assert.IsTrue(answers.All(answer => answer.Status == HttpStatusCode.Created));
        var listed = await RunningHost.ReadAsync(await clerk.GetAsync("/api/v1/uploads?district=0123&year=2026"));
        Assert.AreEqual(1, listed.GetProperty("uploads").EnumerateArray().Count(item => item.GetProperty("recordType").GetString() == "EN"));
        Assert.AreEqual((HttpStatusCode)422, (await AskAsync("once", "OTHER.tsv")).Status);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await AskAsync(new string('k', 101), "EN.tsv")).Status);
        Assert.AreNotEqual(answers[0].Body.GetProperty("key").GetString(), (await AskAsync("twice", "EN.tsv", "sis-0123")).Body.GetProperty("key").GetString());

        static async Task<(HttpStatusCode Status, JsonElement Body)> AskAsync(string key, string file, string persona = "clerk-0123")
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/uploads") { Content = JsonContent.Create(new { district = "0123", year = 2026, recordType = persona == "clerk-0123" ? "EN" : "PP", fileName = file }) };
            request.Headers.Add("Idempotency-Key", key);
            using var response = await (await host.AsAsync(persona)).SendAsync(request);
            return (response.StatusCode, await RunningHost.ReadAsync(response));
        }
    }

    [TestMethod]
    public async Task A_file_may_have_any_name()
    {
        foreach (var name in new[] { "x.partial", "..", "../../aim.db", @"C:\files\EN 2026.tsv", "Ä\0ö.tsv", new string('n', 500) })
        {
            using var response = await clerk.PostAsJsonAsync("/api/v1/uploads", new { district = "0123", year = 2026, recordType = "LP", fileName = name });
            Assert.AreEqual(HttpStatusCode.Created, response.StatusCode, name);
            var place = await RunningHost.ReadAsync(response);
            using var status = await clerk.GetAsync(place.GetProperty("status").GetString());
            Assert.AreEqual("AwaitingFile", (await RunningHost.ReadAsync(status)).GetProperty("status").GetString(), name);
            await ExpectAsync(HttpStatusCode.Created, host.PutAsync(place.GetProperty("url").GetString()!, File("2001")), name);
        }
    }

    [TestMethod]
    public async Task Uploads_are_listed_newest_first_page_by_page()
    {
        var client = await host.AsAsync("clerk-0456");
        var keys = new List<string>();
        for (var i = 0; i < 5; i++) keys.Add((await host.RequestUploadAsync(client, "SD", district: "0456")).GetProperty("key").GetString()!);

        var listed = new List<string>();
        string? cursor = null;
        do
        {
            var page = await RunningHost.ReadAsync(await client.GetAsync($"/api/v1/uploads?district=0456&year=2026&limit=2{(cursor is null ? "" : $"&cursor={cursor}")}"));
            Assert.IsLessThanOrEqualTo(2, page.GetProperty("uploads").GetArrayLength());
            listed.AddRange(page.GetProperty("uploads").EnumerateArray().Select(upload => upload.GetProperty("key").GetString()!));
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);

        CollectionAssert.AreEqual(keys.AsEnumerable().Reverse().ToList(), listed);
    }
}
