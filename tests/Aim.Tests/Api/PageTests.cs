using System.Net;
using Aim.Tests.Setup;

namespace Aim.Tests.Api;

/// <summary>Every list that grows is asked for in the same way.</summary>
[TestClass]
public sealed class PageTests
{
    [TestMethod]
    public async Task Every_list_with_a_limit_has_a_cursor_and_the_same_bounds_and_says_so_in_the_same_words()
    {
        // Where the changes ended is kept and gone on from, also after the last page: it is no next page.
        const string Endless = "/api/v1/changes";
        await using var host = await RunningHost.StartAsync();
        var (reader, reviewer) = (await host.AsAsync("clerk-0123"), await host.AsAsync("reviewer"));
        var description = await RunningHost.ReadAsync(await reader.GetAsync("/api/v1/openapi.json"));
        var paths = description.GetProperty("paths").EnumerateObject()
            .Where(path => path.Value.TryGetProperty("get", out var get) && get.TryGetProperty("parameters", out var parameters) && parameters.EnumerateArray().Any(parameter => parameter.GetProperty("name").GetString() == "limit"))
            .Select(path => (path.Name, Names: path.Value.GetProperty("get").GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()!).ToList())).ToList();
        Assert.HasCount(10, paths);

        foreach (var (path, names) in paths)
        {
            Assert.Contains("cursor", names, path);
            var page = description.GetProperty("paths").GetProperty(path).GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("schema").GetProperty("$ref").GetString()!.Split('/')[^1];
            var properties = description.GetProperty("components").GetProperty("schemas").GetProperty(page).GetProperty("properties").EnumerateObject().Select(property => property.Name).ToList();
            Assert.Contains(path == Endless ? "cursor" : "next", properties, path);
            var address = $"{path.Replace("{district}", "0123", StringComparison.Ordinal).Replace("{year}", "2026", StringComparison.Ordinal)}?district=0123&year=2026";
            var client = path.Contains("identity", StringComparison.Ordinal) ? reviewer : reader;
            foreach (var limit in new[] { 0, 1001, -5 })
            {
                using var refused = await client.GetAsync($"{address}&limit={limit}");
                Assert.AreEqual(HttpStatusCode.BadRequest, refused.StatusCode, address);
                Assert.AreEqual("limit is a number from 1 to 1000.", (await RunningHost.ReadAsync(refused)).GetProperty("detail").GetString(), address);
            }
            foreach (var limit in new[] { 1, 1000 }) Assert.AreEqual(HttpStatusCode.OK, (await client.GetAsync($"{address}&limit={limit}")).StatusCode, address);
            Assert.AreEqual(HttpStatusCode.OK, (await client.GetAsync($"{address}&cursor=")).StatusCode, $"{address}: an empty cursor is none");
        }
    }
}
