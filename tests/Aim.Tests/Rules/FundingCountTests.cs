using System.Net;
using System.Text;
using System.Text.Json;
using Aim.Tests.Setup;

namespace Aim.Tests.Rules;

/// <summary>Figures of the funding system, over HTTP.</summary>
[TestClass]
public sealed class FundingCountTests
{
    private const string Edition = "/api/v1/districts/0123/editions/2026";

    private RunningHost host = null!;

    [TestInitialize]
    public async Task Start() => host = await RunningHost.StartAsync();

    [TestCleanup]
    public async Task Stop() => await host.DisposeAsync();

    private async Task<(HttpStatusCode Status, string? Detail)> PutAsync(string address, string body, string caller = "reviewer")
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await (await host.AsAsync(caller)).PutAsync(address, content);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? null : JsonSerializer.Deserialize<JsonElement>(text).GetProperty("detail").GetString());
    }

    private async Task<string?> FindingAsync()
    {
        var report = await RunningHost.ReadAsync(await (await host.AsAsync("clerk-0123")).GetAsync($"{Edition}/validation"));
        return report.GetProperty("groups").EnumerateArray().Where(group => group.GetProperty("rule").GetString() == "CNT-008").Select(group => group.GetProperty("examples")[0].GetProperty("message").GetString()).FirstOrDefault();
    }

    [TestMethod]
    public async Task The_newest_figure_is_what_a_count_is_held_against()
    {
        var clerk = await host.AsAsync("clerk-0123");
        foreach (var (type, text) in new[] { ("SD", Sample.Tsv("SD", Sample.Student("1001"))), ("EN", Sample.Tsv("EN", Sample.Enrollment("1001"))), ("AF", Sample.Tsv("AF", "10/07/2025", Sample.FallCount("1001"))) })
            await host.WhenEndedAsync(clerk, await host.UploadAsync(clerk, type, text));
        Assert.IsNull(await FindingAsync(), "nothing is noted");

        Assert.AreEqual((HttpStatusCode.NoContent, null), await PutAsync($"{Edition}/funding-counts/fall-count", """{"students":7}""", "operator"));
        Assert.Contains("7", (await FindingAsync())!);

        Assert.AreEqual(HttpStatusCode.NoContent, (await PutAsync($"{Edition}/funding-counts/fall-count", """{"students":1}""")).Status);
        Assert.IsNull(await FindingAsync());
        Assert.AreEqual(HttpStatusCode.NoContent, (await PutAsync($"{Edition}/funding-counts/fall-count", """{"students":0}""")).Status);
        Assert.IsNotNull(await FindingAsync(), "none is a figure too");
    }

    [TestMethod]
    [DataRow("fall-count", """{"students":-1}""", HttpStatusCode.BadRequest, "0 to 1000000")]
    [DataRow("fall-count", """{"students":1000001}""", HttpStatusCode.BadRequest, "0 to 1000000")]
    [DataRow("fall-count", """{"students":99999999999}""", HttpStatusCode.BadRequest, "$.students")]
    [DataRow("fall-count", """{"students":1.5}""", HttpStatusCode.BadRequest, "$.students")]
    [DataRow("fall-count", """{"students":"7"}""", HttpStatusCode.BadRequest, "$.students")]
    [DataRow("fall-count", """{"students":null}""", HttpStatusCode.BadRequest, "$.students")]
    [DataRow("fall-count", """{"students":7,"pupils":7}""", HttpStatusCode.BadRequest, "$.pupils")]
    [DataRow("fall-count", "{}", HttpStatusCode.BadRequest, "lacks 'students'")]
    [DataRow("fall-count", "7", HttpStatusCode.BadRequest, "can't be read")]
    [DataRow("fall-count", "{", HttpStatusCode.BadRequest, "can't be read")]
    [DataRow("fall-count", "", HttpStatusCode.BadRequest, "can't be read")]
    [DataRow("end-of-year", """{"students":7}""", HttpStatusCode.BadRequest, "fall-count and spring-count")]
    [DataRow("summer", """{"students":7}""", HttpStatusCode.BadRequest, "fall-count and spring-count")]
    public async Task A_figure_that_cannot_be_is_refused_with_a_sentence(string collection, string body, HttpStatusCode expected, string sentence)
    {
        var (status, detail) = await PutAsync($"{Edition}/funding-counts/{collection}", body);

        Assert.AreEqual(expected, status);
        Assert.Contains(sentence, detail!);
        Assert.IsNull(await FindingAsync(), "nothing was noted");
    }

    [TestMethod]
    public async Task A_figure_is_of_a_district_and_year_that_there_are_and_noted_by_the_state()
    {
        const string figure = """{"students":7}""";
        Assert.AreEqual((HttpStatusCode.NotFound, "There is no district 0999 in 2025-2026."), await PutAsync("/api/v1/districts/0999/editions/2026/funding-counts/fall-count", figure));
        Assert.AreEqual(HttpStatusCode.NotFound, (await PutAsync("/api/v1/districts/0123/editions/2031/funding-counts/fall-count", figure)).Status);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await PutAsync("/api/v1/districts/12/editions/2026/funding-counts/fall-count", figure)).Status);
        foreach (var caller in new[] { "clerk-0123", "sis-0123", "reporter" }) Assert.AreEqual(HttpStatusCode.Forbidden, (await PutAsync($"{Edition}/funding-counts/fall-count", figure, caller)).Status, caller);
    }
}
