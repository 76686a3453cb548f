using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aim.Tests.Setup;

namespace Aim.Tests.Entry;

/// <summary>A running host, and a clerk of district 0123 who enters records by hand.</summary>
internal sealed class EntryHost : IAsyncDisposable
{
    public const string Edition = "/api/v1/districts/0123/editions/2026";

    public const string Changes = "/api/v1/editions/0123/2026/changes";

    private EntryHost(RunningHost host, HttpClient clerk) => (Host, Clerk) = (host, clerk);

    public RunningHost Host { get; }

    public HttpClient Clerk { get; }

    public static async Task<EntryHost> StartAsync(string? folder = null)
    {
        var host = await RunningHost.StartAsync(folder);
        return new EntryHost(host, await host.AsAsync("clerk-0123"));
    }

    public static JsonObject Student(string firstName = "Ana") => new()
    {
        ["lastName"] = "Rivers", ["firstName"] = firstName, ["gender"] = "F", ["birthDate"] = "2015-06-01", ["hispanicLatino"] = false, ["americanIndian"] = false, ["asian"] = false, ["black"] = false,
        ["pacificIslander"] = false, ["white"] = true, ["homeLanguage"] = "eng", ["state"] = "MT",
    };

    /// <summary>Of the whole year, so that it is in order whenever the test runs.</summary>
    public static JsonObject Enrollment(string grade = "05") => new()
    {
        ["schoolNumber"] = Sample.Elementary, ["calendarNumber"] = "001", ["grade"] = grade, ["serviceType"] = "P", ["startDate"] = "08/25/2025", ["startStatus"] = "01",
        ["endDate"] = "06/05/2026", ["endStatus"] = "190", ["noShow"] = "N", ["stateExclude"] = "N",
    };

    /// <summary>The key of <see cref="Enrollment"/>, as an address has it.</summary>
    public const string EnrollmentKey = "0001%7C001%7CP%7C20250825";

    public async Task<(HttpStatusCode Status, JsonElement Body, string? ETag)> SendAsync(
        HttpMethod method, string path, JsonNode? body = null, string? ifMatch = null, bool onlyNew = false, string? idempotencyKey = null, HttpClient? client = null)
    {
        using var request = new HttpRequestMessage(method, path.StartsWith('/') ? path : $"{Edition}/{path}");
        if (body is not null) request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        if (ifMatch is not null) request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        if (onlyNew) request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        if (idempotencyKey is not null) request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var response = await (client ?? Clerk).SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return (response.StatusCode, text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text), response.Headers.ETag?.ToString());
    }

    public Task<(HttpStatusCode Status, JsonElement Body, string? ETag)> PutAsync(string path, JsonNode body, string? ifMatch = null, bool onlyNew = false, string? idempotencyKey = null) =>
        SendAsync(HttpMethod.Put, path, body, ifMatch, onlyNew, idempotencyKey);

    public async Task<(HttpStatusCode Status, JsonElement Body, string? ETag)> GetAsync(string path) => await SendAsync(HttpMethod.Get, path);

    public static IEnumerable<string> RulesOf(JsonElement body) => body.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("rule").GetString()!);

    /// <summary>Pushes a set of changes as the district's system does.</summary>
    public async Task<(HttpStatusCode Status, JsonElement Body, string? ETag)> PushAsync(long sequence, params JsonObject[] changes) =>
        await SendAsync(HttpMethod.Put, Changes, new JsonObject { ["sequence"] = sequence, ["changes"] = new JsonArray([.. changes.Select(change => change.DeepClone())]) }, client: await Host.AsAsync("sis-0123"));

    public static IEnumerable<string> RulesOfPush(JsonElement body) => body.GetProperty("reports").EnumerateArray().SelectMany(RulesOf);

    /// <summary>The state's records of the edition's students, as the warehouse reads them.</summary>
    public async Task<List<JsonElement>> StateRecordsAsync()
    {
        var warehouse = await Host.AsAsync("warehouse");
        var changes = await RunningHost.ReadAsync(await warehouse.GetAsync("/api/v1/changes"));
        var records = new List<JsonElement>();
        foreach (var id in changes.GetProperty("changes").EnumerateArray().Select(change => change.GetProperty("stateId").GetString()).Distinct())
            records.Add(await RunningHost.ReadAsync(await warehouse.GetAsync($"/api/v1/students/{id}/2026")));
        return records;
    }

    /// <summary>The state holds a field of the enrollment of student 1001, who is the only one.</summary>
    public async Task HoldAsync(string field, string value)
    {
        var reviewer = await Host.AsAsync("reviewer");
        var student = $"/api/v1/students/{(await StateRecordsAsync()).Single().GetProperty("stateId").GetString()}/2026";
        var hold = new JsonObject { ["district"] = "0123", ["localId"] = "1001", ["recordType"] = "EN", ["key"] = "0001|001|P|20250825", ["field"] = field, ["value"] = value, ["reason"] = "Decided in review" };
        var (status, body, _) = await SendAsync(HttpMethod.Put, $"{student}/edits", hold, ifMatch: (await SendAsync(HttpMethod.Get, student, client: reviewer)).ETag, client: reviewer);
        if (status != HttpStatusCode.OK) throw new InvalidOperationException($"{status} {body}");
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();
}
