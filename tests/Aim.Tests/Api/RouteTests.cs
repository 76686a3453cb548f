using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Aim.Records;
using Aim.Rules;
using Aim.Tests.Setup;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Aim.Tests.Api;

[TestClass]
public sealed class RouteTests
{
    private static RunningHost host = null!;

    /// <summary>An upload of district 0123 that has ended.</summary>
    private static string upload = "";

    private static string student = "";

    [ClassInitialize]
    public static async Task StartAsync(TestContext _)
    {
        host = await RunningHost.StartAsync();
        var clerk = await host.AsAsync("clerk-0123");
        upload = await host.UploadAsync(clerk, "SD", Sample.Tsv("SD", Sample.Student("1001"), Sample.Student("1002", ("Gender", "X"))));
        await host.WhenEndedAsync(clerk, upload);
        var changes = await RunningHost.ReadAsync(await (await host.AsAsync("warehouse")).GetAsync("/api/v1/changes"));
        student = changes.GetProperty("changes")[0].GetProperty("stateId").GetString()!;
        var reporter = await host.AsAsync("reporter");
        using var taken = await reporter.PostAsync("/api/v1/snapshots", Body("""{"name":"fall","year":2026}"""));
        Assert.AreEqual(HttpStatusCode.Accepted, taken.StatusCode);
        await RunningHost.UntilAsync(reporter, "/api/v1/snapshots/fall", snapshot => snapshot.GetProperty("status").GetString() is "Sealed");
    }

    [ClassCleanup]
    public static async Task StopAsync() => await host.DisposeAsync();

    private static StringContent Body(string json) => new(json, Encoding.UTF8, "application/json");

    private static List<(string Method, string Pattern, RouteEndpoint Endpoint)> Routes() =>
        [.. host.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["ANY"]).Select(method => (method, "/" + endpoint.RoutePattern.RawText!.Trim('/'), endpoint)))
            .OrderBy(route => route.Item2, StringComparer.Ordinal).ThenBy(route => route.method, StringComparer.Ordinal)];

    private static bool IsAnonymous(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    [TestMethod]
    public void The_routes_are_those_approved()
    {
        var list = new StringBuilder();
        foreach (var (method, pattern, endpoint) in Routes())
            list.Append($"{method,-6} {(IsAnonymous(endpoint) ? "anonymous" : "token    ")} {pattern}{(endpoint.Metadata.GetMetadata<IEndpointSummaryMetadata>() is { } summary ? $"  {summary.Summary}" : "")}\n");
        Approved.Verify(list.ToString(), "routes", "txt");
    }

    [TestMethod]
    public async Task The_API_description_is_as_approved()
    {
        var document = await host.Anonymous.GetStringAsync("/api/v1/openapi.json");
        Approved.Verify(document.ReplaceLineEndings("\n") + "\n", "openapi", "json");
    }

    [TestMethod]
    public async Task Every_operation_is_described_in_full()
    {
        using var document = JsonDocument.Parse(await host.Anonymous.GetStringAsync("/api/v1/openapi.json"));
        var operations = document.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(operation => (Name: $"{operation.Name} {path.Name}", operation.Value))).ToList();
        Assert.HasCount(Routes().Count(route => route.Pattern.StartsWith("/api/v1/", StringComparison.Ordinal) && !route.Pattern.EndsWith("openapi.json", StringComparison.Ordinal)), operations);
        Assert.HasCount(operations.Count, operations.Select(operation => operation.Value.GetProperty("operationId").GetString()).Distinct());
        foreach (var (name, operation) in operations)
        {
            Assert.IsFalse(string.IsNullOrEmpty(operation.GetProperty("summary").GetString()), name);
            Assert.IsTrue(operation.TryGetProperty("security", out _) || name == "get /api/v1/health", $"{name} says nothing of tokens");
            foreach (var response in operation.GetProperty("responses").EnumerateObject().Where(response => response.Name[0] is not ('2' or '3')))
                Assert.IsTrue(response.Value.GetProperty("content").TryGetProperty("application/problem+json", out _), $"{name} {response.Name}");
            if (!operation.TryGetProperty("parameters", out var parameters)) continue;
            foreach (var parameter in parameters.EnumerateArray()) Assert.IsTrue(parameter.TryGetProperty("description", out _), $"{name} does not describe {parameter.GetProperty("name")}");
        }
    }

    [TestMethod]
    public async Task Every_route_but_those_approved_as_anonymous_wants_a_token()
    {
        var tried = 0;
        foreach (var (method, pattern, _) in Routes().Where(route => !IsAnonymous(route.Endpoint)))
        {
            using var request = Request(method, pattern);
            await ExpectProblemAsync(await host.Anonymous.SendAsync(request), HttpStatusCode.Unauthorized, $"{method} {pattern}");
            tried++;
        }
        Assert.IsGreaterThan(15, tried);
    }

    /// <summary>What a clerk of another district gets from each route; a new route has to be added here.</summary>
    private static readonly Dictionary<string, int[]> Strangers = new()
    {
        ["PUT /api/v1/reference/{year}"] = [403],
        ["POST /api/v1/uploads"] = [403],
        ["GET /api/v1/uploads"] = [403],
        ["GET /api/v1/uploads/{key}"] = [404],
        ["GET /api/v1/uploads/{key}/findings"] = [404],
        ["GET /api/v1/uploads/{key}/rejects"] = [404],
        ["GET /api/v1/uploads/{key}/diff"] = [404],
        ["POST /api/v1/uploads/{key}/answer"] = [404],
        ["GET /api/v1/districts/{district}"] = [403],
        ["GET /api/v1/districts/{district}/editions/{year}"] = [403],
        ["GET /api/v1/districts/{district}/editions/{year}/parked"] = [403],
        ["GET /api/v1/districts/{district}/editions/{year}/verification"] = [403],
        ["GET /api/v1/districts/{district}/editions/{year}/validation"] = [403],
        ["PUT /api/v1/districts/{district}/editions/{year}/schools/{school}/zero-incidents"] = [403],
        ["PUT /api/v1/districts/{district}/editions/{year}/funding-counts/{collection}"] = [403],
        ["GET /api/v1/rules"] = [200],
        ["GET /api/v1/rules/hits"] = [403],
        ["GET /api/v1/districts/{district}/editions/{year}/subjects"] = [403],
        ["GET /api/v1/districts/{district}/editions/{year}/subjects/{localId}"] = [403],
        ["GET /api/v1/districts/{district}/editions/{year}/records/{type}/{localId}"] = [403],
        ["PUT /api/v1/districts/{district}/editions/{year}/records/{type}/{localId}"] = [403],
        ["DELETE /api/v1/districts/{district}/editions/{year}/records/{type}/{localId}"] = [403],
        ["GET /api/v1/districts/{district}/editions/{year}/records/{type}/{localId}/{recordKey}"] = [403],
        ["PUT /api/v1/districts/{district}/editions/{year}/records/{type}/{localId}/{recordKey}"] = [403],
        ["DELETE /api/v1/districts/{district}/editions/{year}/records/{type}/{localId}/{recordKey}"] = [403],
        ["POST /api/v1/districts/{district}/editions/{year}/undo"] = [403],
        ["PUT /api/v1/editions/{district}/{year}/changes"] = [403],
        ["GET /api/v1/editions/{district}/{year}/changes/{sequence}"] = [403],
        ["DELETE /api/v1/editions/{district}/{year}/changes/{sequence}"] = [403],
        ["POST /api/v1/districts/{district}/editions/{year}/pushes"] = [403],
        ["GET /api/v1/districts/{district}/editions/{year}/pushes"] = [403],
        ["POST /api/v1/districts/{district}/editions/{year}/pushes/skip"] = [403],
        ["GET /api/v1/students/{stateId}"] = [404],
        ["GET /api/v1/students/{stateId}/{year}"] = [404],
        ["GET /api/v1/students/{stateId}/{year}/history"] = [404],
        ["GET /api/v1/students/{stateId}/disclosures"] = [404],
        ["GET /api/v1/students/{stateId}/{year}/edits"] = [404],
        ["PUT /api/v1/students/{stateId}/{year}/edits"] = [403],
        ["DELETE /api/v1/students/{stateId}/{year}/edits/{editId}"] = [403],
        ["GET /api/v1/students/{stateId}/movement"] = [404],
        ["GET /api/v1/cases"] = [403],
        ["PUT /api/v1/cases/terms"] = [403],
        ["GET /api/v1/cases/{id}"] = [404],
        ["POST /api/v1/cases/{id}/answers"] = [404],
        ["POST /api/v1/cases/{id}/comments"] = [404],
        ["POST /api/v1/cases/{id}/evidence"] = [404],
        ["GET /api/v1/cases/{id}/evidence/{key}"] = [404],
        ["POST /api/v1/cases/{id}/decision"] = [404],
        ["POST /api/v1/cases/{id}/withdrawal"] = [404],
        ["POST /api/v1/records-transfers"] = [403],
        ["GET /api/v1/records-transfers"] = [403],
        ["GET /api/v1/records-transfers/{id}"] = [404],
        ["POST /api/v1/records-transfers/{id}/release"] = [404],
        ["GET /api/v1/records-transfers/{id}/records"] = [404],
        ["POST /api/v1/records-transfers/{id}/receipt"] = [404],
        ["POST /api/v1/records-transfers/{id}/withdrawal"] = [404],
        ["GET /api/v1/districts/{district}/dropouts/{year}"] = [403],
        ["GET /api/v1/districts/{district}/cohorts/{year}"] = [403],
        ["GET /api/v1/districts/{district}/cohorts/{year}/documentation/{stateId}"] = [403],
        ["PUT /api/v1/districts/{district}/cohorts/{year}/documentation/{stateId}"] = [403],
        ["DELETE /api/v1/districts/{district}/cohorts/{year}/documentation/{stateId}"] = [403],
        ["POST /api/v1/identity/lookup"] = [403],
        ["GET /api/v1/identity/queue"] = [403],
        ["GET /api/v1/identity/queue/{district}/{year}/{localId}"] = [403],
        ["POST /api/v1/identity/decisions"] = [403],
        ["GET /api/v1/identity/decisions/{district}/{localId}"] = [403],
        ["POST /api/v1/identity/merges"] = [403],
        ["POST /api/v1/identity/merges/{stateId}/undo"] = [403],
        ["GET /api/v1/identity/cases"] = [403],
        ["POST /api/v1/identity/cases/{id}/different"] = [403],
        ["POST /api/v1/identity/cases/{id}/same"] = [403],
        ["POST /api/v1/snapshots"] = [403],
        ["GET /api/v1/snapshots"] = [403],
        ["GET /api/v1/snapshots/{name}"] = [403],
        ["GET /api/v1/snapshots/{name}/federal/{file}/{level}"] = [403],
        ["GET /api/v1/snapshots/{name}/federal/{file}/{level}/students"] = [403],
        ["POST /api/v1/subscriptions"] = [403],
        // These two answer everybody, with the caller's own districts only; see below.
        ["GET /api/v1/districts"] = [200],
        ["GET /api/v1/changes"] = [200],
        // What holds for every district alike.
        ["GET /api/v1/cases/terms"] = [200],
    };

    [TestMethod]
    public async Task A_clerk_of_another_district_gets_nothing_from_any_route()
    {
        var stranger = await host.AsAsync("clerk-0456");
        foreach (var (method, pattern, _) in Routes().Where(route => !IsAnonymous(route.Endpoint)))
        {
            Assert.IsTrue(Strangers.TryGetValue($"{method} {pattern}", out var expected), $"{method} {pattern} is new: say what a stranger gets");
            using var request = Request(method, pattern);
            using var response = await stranger.SendAsync(request);
            var text = await response.Content.ReadAsStringAsync();
            CollectionAssert.Contains(expected, (int)response.StatusCode, $"{method} {pattern}: {text}");
            // The digits of a local id may be in a trace id by chance.
            var told = Regex.Replace(text, "\"traceId\":\"[^\"]*\"", "");
            Assert.IsFalse(told.Contains("Rivers", StringComparison.Ordinal) || told.Contains("1001", StringComparison.Ordinal) || told.Contains("Alder", StringComparison.Ordinal), $"{method} {pattern}: {text}");
        }
    }

    [TestMethod]
    public async Task An_operator_publishes_reference_data_and_is_told_what_is_wrong_with_it()
    {
        var operators = await host.AsAsync("operator");
        var folder = Path.Combine(Approved.RepositoryRoot(), "samples", "state", "reference");
        var days = "\r\n" + File.ReadAllText(Path.Combine(folder, "collections.csv")).Split("\r\n", 2)[1];

        using var good = await operators.PutAsync("/api/v1/reference/2025", Form(text => OfYear2025(text).Replace(days, "\r\nfall-count,,10/25/2024\r\n", StringComparison.Ordinal)));
        var published = await RunningHost.ReadAsync(good);
        Assert.AreEqual((HttpStatusCode.OK, 2), (good.StatusCode, published.GetProperty("districts").GetInt32()));
        Assert.AreEqual(2, (await RunningHost.ReadAsync(await operators.GetAsync("/api/v1/districts?year=2025"))).GetArrayLength());
        var stored = await host.App.Services.GetRequiredService<AimPlatform>().References.FindAsync(new SchoolYear(2025), CancellationToken.None);
        Assert.AreEqual(new DateOnly(2024, 10, 25), stored!.Value.Data.Collections![CollectionName.FallCount].Closes);

        var late = await ExpectProblemAsync(await operators.PutAsync("/api/v1/reference/2025", Form(OfYear2025)), HttpStatusCode.BadRequest, "days of another year");
        StringAssert.Contains(late.GetProperty("detail").GetString(), "collections.csv, line 2: ");
        await ExpectProblemAsync(await operators.PutAsync("/api/v1/reference/2025", Form(text => text)), HttpStatusCode.BadRequest, "another year");
        var problem = await ExpectProblemAsync(await operators.PutAsync("/api/v1/reference/2026", Form(text => text.Replace("59620", "5962", StringComparison.Ordinal))), HttpStatusCode.BadRequest, "a ZIP code of four digits");
        StringAssert.Contains(problem.GetProperty("detail").GetString(), "agency.csv");
        await ExpectProblemAsync(await operators.PutAsync("/api/v1/reference/2026", Form(text => text, "../agency.csv")), HttpStatusCode.BadRequest, "a path for a name");
        await ExpectProblemAsync(await operators.PutAsync("/api/v1/reference/2026", Body("{}")), HttpStatusCode.UnsupportedMediaType, "no form");

        static string OfYear2025(string text) => text.Replace("\r\n2026,", "\r\n2025,", StringComparison.Ordinal);

        MultipartFormDataContent Form(Func<string, string> edit, string? agency = null)
        {
            var form = new MultipartFormDataContent();
            foreach (var file in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
                form.Add(new StringContent(edit(File.ReadAllText(file))), "files", agency is not null && Path.GetFileName(file) == "agency.csv" ? agency : Path.GetFileName(file));
            return form;
        }
    }

    [TestMethod]
    public async Task A_districts_system_gets_a_place_for_pushed_changes_and_is_told_how_far_they_are()
    {
        var system = await host.AsAsync("sis-0123");
        var place = await RunningHost.ReadAsync(await system.PostAsync("/api/v1/districts/0123/editions/2026/pushes", Body("""{"recordType":"EN"}""")));
        StringAssert.StartsWith(place.GetProperty("path").GetString(), "pushed/0123/2026/EN/");
        using var put = new HttpRequestMessage(HttpMethod.Put, place.GetProperty("url").GetString()) { Content = new StringContent("rows"), Headers = { { "x-ms-blob-type", "BlockBlob" } } };
        Assert.AreEqual(HttpStatusCode.Created, (await host.Anonymous.SendAsync(put)).StatusCode);

        var position = await RunningHost.ReadAsync(await system.GetAsync("/api/v1/districts/0123/editions/2026/pushes"));

        Assert.AreEqual(0, position.GetProperty("applied").GetInt64(), "a file is nothing without its message");
        using var skip = await system.PostAsync("/api/v1/districts/0123/editions/2026/pushes/skip", null);
        Assert.AreEqual(HttpStatusCode.Conflict, skip.StatusCode, "nothing has stopped");
    }

    [TestMethod]
    public async Task Lists_hold_only_what_the_caller_may_see()
    {
        var stranger = await host.AsAsync("clerk-0456");
        var districts = await RunningHost.ReadAsync(await stranger.GetAsync("/api/v1/districts?year=2026"));
        Assert.AreEqual("0456", districts.EnumerateArray().Single().GetProperty("number").GetString());
        var changes = await RunningHost.ReadAsync(await stranger.GetAsync("/api/v1/changes"));
        Assert.AreEqual(0, changes.GetProperty("changes").GetArrayLength());
        Assert.AreEqual(1, (await RunningHost.ReadAsync(await (await host.AsAsync("sis-0123")).GetAsync("/api/v1/changes"))).GetProperty("changes").GetArrayLength());
    }

    [TestMethod]
    public async Task State_IDs_can_not_be_tried_out()
    {
        var stranger = await host.AsAsync("clerk-0456");
        var unknown = student == "999999998" ? "999999997" : "999999998";
        foreach (var path in new[] { "", "/2026", "/2026/history", "/disclosures", "/movement" })
        {
            var (existing, none) = (await AnswerAsync(student + path), await AnswerAsync(unknown + path));
            Assert.AreEqual(none, existing, path);
        }

        async Task<string> AnswerAsync(string path)
        {
            using var response = await stranger.GetAsync($"/api/v1/students/{path}");
            var problem = await RunningHost.ReadAsync(response);
            return $"{(int)response.StatusCode} {response.Content.Headers.ContentType} {problem.GetProperty("title")} {problem.GetProperty("detail")}";
        }
    }

    [TestMethod]
    public async Task A_token_that_is_not_of_this_issuer_for_this_API_and_valid_now_is_no_token()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(Path.Combine(host.Folder, "issuer.key")));
        using var otherKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuer = $"http://localhost:{host.Address.Port}/development";
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var good = Token(key, issuer, "api://aim", now.AddHours(1));

        Assert.AreEqual(HttpStatusCode.OK, await StatusAsync(good), "the sound token has to work, or this test shows nothing");
        Assert.AreEqual(HttpStatusCode.Unauthorized, await StatusAsync("garbage"));
        Assert.AreEqual(HttpStatusCode.Unauthorized, await StatusAsync(""));
        Assert.AreEqual(HttpStatusCode.Unauthorized, await StatusAsync(Token(key, issuer, "api://aim", now.AddHours(-1))), "expired");
        Assert.AreEqual(HttpStatusCode.Unauthorized, await StatusAsync(Token(key, "https://login.example.org", "api://aim", now.AddHours(1))), "another issuer");
        Assert.AreEqual(HttpStatusCode.Unauthorized, await StatusAsync(Token(key, issuer, "api://other", now.AddHours(1))), "another audience");
        Assert.AreEqual(HttpStatusCode.Unauthorized, await StatusAsync(Token(otherKey, issuer, "api://aim", now.AddHours(1))), "another key");
        var parts = good.Split('.');
        Assert.AreEqual(HttpStatusCode.Unauthorized, await StatusAsync($"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{parts[1]}."), "no signature");
        Assert.AreEqual(HttpStatusCode.Unauthorized, await StatusAsync($"{parts[0]}.{Base64UrlEncoder.Encode(Base64UrlEncoder.Decode(parts[1]).Replace("0456", "0123", StringComparison.Ordinal))}.{parts[2]}"), "other claims");

        static string Token(ECDsa key, string issuer, string audience, DateTime expires) => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = issuer, Audience = audience, Expires = expires, Subject = new ClaimsIdentity([new Claim("sub", "clerk"), new Claim("roles", "district.0456")]),
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = "development" }, SecurityAlgorithms.EcdsaSha256),
        });
    }

    private static async Task<HttpStatusCode> StatusAsync(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/districts?year=2026");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var response = await host.Anonymous.SendAsync(request);
        return response.StatusCode;
    }

    [TestMethod]
    public async Task A_token_without_roles_opens_nothing()
    {
        using var key = ECDsa.Create();
        key.ImportFromPem(await File.ReadAllTextAsync(Path.Combine(host.Folder, "issuer.key")));
        var token = new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = $"http://localhost:{host.Address.Port}/development", Audience = "api://aim", Subject = new ClaimsIdentity([new Claim("sub", "nobody"), new Claim("roles", "district"), new Claim("roles", "district.12")]),
            SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(key) { KeyId = "development" }, SecurityAlgorithms.EcdsaSha256),
        });
        foreach (var (method, pattern, _) in Routes().Where(route => !IsAnonymous(route.Endpoint)))
        {
            using var request = Request(method, pattern);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            using var response = await host.Anonymous.SendAsync(request);
            CollectionAssert.Contains(Strangers[$"{method} {pattern}"], (int)response.StatusCode, $"{method} {pattern}");
        }
    }

    private static readonly (string What, string Method, string Path, string? Body, int Status, string Says)[] BadRequests =
    [
        ("no such route", "GET", "/api/v1/nothing", null, 404, "routes are described"),
        ("outside the API", "GET", "/nothing", null, 404, "routes are described"),
        ("wrong method", "DELETE", "/api/v1/uploads", null, 405, "DELETE"),
        ("wrong method of an anonymous route", "DELETE", "/api/v1/health", null, 405, "DELETE"),
        ("no JSON", "POST", "/api/v1/uploads", "this is no JSON", 400, "its start"),
        ("an empty body", "POST", "/api/v1/uploads", "", 400, "can't be read"),
        ("JSON that ends early", "POST", "/api/v1/uploads", """{"district":"0123",""", 400, "can't be read at"),
        ("an array", "POST", "/api/v1/uploads", "[]", 400, "can't be read at"),
        ("nothing given", "POST", "/api/v1/uploads", "{}", 400, "The body lacks 'district'"),
        ("a missing field", "POST", "/api/v1/uploads", """{"district":"0123","year":2026,"fileName":"EN.tsv"}""", 400, "The body lacks 'recordType'"),
        ("null", "POST", "/api/v1/uploads", """{"district":"0123","year":2026,"recordType":null,"fileName":"EN.tsv"}""", 400, "$.recordType"),
        ("a misspelt field", "POST", "/api/v1/uploads", """{"district":"0123","year":2026,"recordType":"EN","fileName":"EN.tsv","scpoe":"Replace"}""", 400, "$.scpoe"),
        ("an unknown value", "POST", "/api/v1/uploads", """{"district":"0123","year":2026,"recordType":"EN","fileName":"EN.tsv","mode":"Maybe"}""", 400, "$.mode"),
        ("a number for a value", "POST", "/api/v1/uploads", """{"district":"0123","year":2026,"recordType":"EN","fileName":"EN.tsv","mode":99}""", 400, "$.mode"),
        ("no district number", "POST", "/api/v1/uploads", """{"district":"12","year":2026,"recordType":"EN","fileName":"EN.tsv"}""", 400, "$.district"),
        ("no year", "POST", "/api/v1/uploads", """{"district":"0123","year":26,"recordType":"EN","fileName":"EN.tsv"}""", 400, "$.year"),
        ("an unknown record type", "POST", "/api/v1/uploads", """{"district":"0123","year":2026,"recordType":"XX","fileName":"EN.tsv"}""", 400, "SD, EN"),
        ("a blank file name", "POST", "/api/v1/uploads", """{"district":"0123","year":2026,"recordType":"EN","fileName":" "}""", 400, "file's name"),
        ("an answer that says nothing", "POST", "/api/v1/uploads/{key}/answer", "{}", 400, "The body lacks 'load'"),
        ("an answer nobody waits for", "POST", "/api/v1/uploads/{key}/answer", """{"load":true}""", 409, "does not wait"),
        ("a year that is none", "GET", "/api/v1/uploads?district=0123&year=twenty", null, 400, "'year'"),
        ("a missing parameter", "GET", "/api/v1/uploads?district=0123", null, 400, "'year'"),
        ("a cursor that is none", "GET", "/api/v1/uploads?district=0123&year=2026&cursor=';DROP TABLE ledger", null, 400, "cursor"),
        ("a cursor of changes that is none", "GET", "/api/v1/changes?cursor=zzz", null, 400, "cursor"),
        ("a cursor of changes below zero", "GET", "/api/v1/changes?cursor=ffffffffffffffff", null, 400, "cursor"),
        ("a limit below one", "GET", "/api/v1/changes?limit=0", null, 400, "limit"),
        ("a limit above the most", "GET", "/api/v1/uploads?district=0123&year=2026&limit=100000", null, 400, "limit"),
        ("a case that is none", "GET", "/api/v1/cases/2026-20251001-0000000000000000", null, 404, "no case"),
        ("a case by a path", "GET", "/api/v1/cases/..%2F..%2Faim.db", null, 404, "no case"),
        ("cases of a status that is none", "GET", "/api/v1/cases?year=2026&status=Nearly", null, 400, "'status' is missing or has another value than these: Open, Answered"),
        ("a transfer that is none", "GET", "/api/v1/records-transfers/..%2F..%2Faim.db/records", null, 404, "no request"),
        ("records of a child the district hasn't", "POST", "/api/v1/records-transfers", """{"stateId":"999999998","district":"0123"}""", 404, "enrolled in district 0123"),
        ("a day that is none", "GET", "/api/v1/districts/0123/dropouts/2026?asOf=yesterday", null, 400, "'asOf'"),
        ("a cohort's cursor that is none", "GET", "/api/v1/districts/0123/cohorts/2026?cursor=zzz", null, 400, "cursor"),
        ("no time to answer", "PUT", "/api/v1/cases/terms", """{"daysToAnswer":0}""", 400, "1 to 180"),
        ("a State ID that is none", "GET", "/api/v1/students/12", null, 400, "'stateId'"),
        ("an upload key that is none", "GET", "/api/v1/uploads/..%2F..%2Faim.db", null, 404, "no upload"),
        ("a snapshot name that is none", "GET", "/api/v1/snapshots/..%2F..%2Faim.db", null, 404, "no snapshot"),
        ("a snapshot that is none", "GET", "/api/v1/snapshots/nope/federal/FS052/SCH", null, 404, "no sealed snapshot"),
        ("a federal file that is none", "GET", "/api/v1/snapshots/fall/federal/FS999/SCH", null, 404, "FS052"),
        ("a level that is none", "GET", "/api/v1/snapshots/fall/federal/FS052/CITY", null, 400, "'level'"),
        ("a level by number", "GET", "/api/v1/snapshots/fall/federal/FS052/9", null, 404, "SCH"),
        ("a format that is none", "GET", "/api/v1/snapshots/fall/federal/FS052/SCH?format=xls", null, 400, "csv, tab or txt"),
        ("a format by number", "GET", "/api/v1/snapshots/fall/federal/FS052/SCH?format=9", null, 400, "csv, tab or txt"),
        ("a cell without its school", "GET", "/api/v1/snapshots/fall/federal/FS052/SCH/students?district=0123", null, 400, "school"),
        ("a cell that is none", "GET", "/api/v1/snapshots/fall/federal/FS052/SEA/students?value=XX", null, 400, "no category set"),
        ("a directory file explained", "GET", "/api/v1/snapshots/fall/federal/FS029/SEA/students", null, 400, "counts nobody"),
        ("a snapshot name with a slash", "POST", "/api/v1/snapshots", """{"name":"../x","year":2026}""", 400, "lower-case"),
        ("a snapshot without a name", "POST", "/api/v1/snapshots", """{"year":2026}""", 400, "The body lacks 'name'"),
        ("a snapshot taken twice", "POST", "/api/v1/snapshots", """{"name":"fall","year":2026}""", 409, "never changed"),
        ("a short secret", "POST", "/api/v1/subscriptions", """{"id":"a","url":"http://localhost/","secret":"short"}""", 400, "16 characters"),
        ("a URL of another kind", "POST", "/api/v1/subscriptions", """{"id":"a","url":"file:///etc/passwd","secret":"a secret of enough characters"}""", 400, "http or https"),
        ("a preflight nobody allowed", "OPTIONS", "/api/v1/uploads", null, 405, "OPTIONS"),
    ];

    public static IEnumerable<object[]> BadRequestNames => BadRequests.Select(request => new object[] { request.What });

    [TestMethod]
    [DynamicData(nameof(BadRequestNames))]
    public async Task A_bad_request_gets_problem_details_that_say_what_to_do(string what)
    {
        var (_, method, path, body, status, says) = BadRequests.Single(request => request.What == what);
        using var request = new HttpRequestMessage(new HttpMethod(method), path.Replace("{key}", upload, StringComparison.Ordinal)) { Content = body is null ? null : Body(body) };
        // The operator may do everything, so nothing is refused for want of a role.
        var problem = await ExpectProblemAsync(await (await host.AsAsync("operator")).SendAsync(request), (HttpStatusCode)status, what);
        StringAssert.Contains(problem.GetProperty("detail").GetString(), says);
    }

    [TestMethod]
    public async Task A_problem_is_JSON_also_for_a_caller_that_accepts_something_else()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/nothing") { Headers = { Accept = { new("text/csv") } } };
        await ExpectProblemAsync(await (await host.AsAsync("operator")).SendAsync(request), HttpStatusCode.NotFound, "CSV");
    }

    [TestMethod]
    public async Task A_body_of_another_type_or_beyond_all_measure_is_refused()
    {
        var client = await host.AsAsync("operator");
        using var text = new StringContent("{}", Encoding.UTF8, "text/plain");
        await ExpectProblemAsync(await client.PostAsync("/api/v1/uploads", text), HttpStatusCode.UnsupportedMediaType, "text");
        using var huge = Body($$"""{"district":"0123","year":2026,"recordType":"EN","fileName":"{{new string('x', 300_000)}}"}""");
        await ExpectProblemAsync(await client.PostAsync("/api/v1/uploads", huge), HttpStatusCode.RequestEntityTooLarge, "huge");
        using var deep = Body(new string('[', 100_000));
        await ExpectProblemAsync(await client.PostAsync("/api/v1/uploads", deep), HttpStatusCode.BadRequest, "deep");
    }

    [TestMethod]
    public async Task An_answer_comes_in_the_form_the_caller_likes_best()
    {
        var clerk = await host.AsAsync("clerk-0123");
        Assert.AreEqual("application/json", await TypeAsync($"/api/v1/uploads/{upload}/findings", null));
        Assert.AreEqual("application/json", await TypeAsync($"/api/v1/uploads/{upload}/findings", "*/*"));
        Assert.AreEqual("application/x-ndjson", await TypeAsync($"/api/v1/uploads/{upload}/findings", "application/x-ndjson"));
        Assert.AreEqual("application/x-ndjson", await TypeAsync($"/api/v1/uploads/{upload}/findings", "application/json;q=0.5, application/x-ndjson"));
        Assert.AreEqual("application/json", await TypeAsync($"/api/v1/uploads/{upload}/findings", "application/x-ndjson;q=0, */*;q=0.1"));
        Assert.AreEqual("application/problem+json", await TypeAsync($"/api/v1/uploads/{upload}/findings", "application/xml"));
        clerk = await host.AsAsync("reporter");
        Assert.AreEqual("text/csv", await TypeAsync("/api/v1/snapshots/fall/federal/FS052/SEA", null));
        Assert.AreEqual("text/tab-separated-values", await TypeAsync("/api/v1/snapshots/fall/federal/FS052/SEA", "text/tab-separated-values"));
        Assert.AreEqual("text/plain", await TypeAsync("/api/v1/snapshots/fall/federal/FS052/SEA?format=txt", "text/csv"));

        async Task<string?> TypeAsync(string path, string? accept)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
            using var response = await clerk.SendAsync(request);
            return accept == "application/xml" || response.IsSuccessStatusCode ? response.Content.Headers.ContentType?.MediaType : await response.Content.ReadAsStringAsync();
        }
    }

    [TestMethod]
    public async Task No_other_site_may_read_answers_and_no_cache_may_share_them()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/students/{student}") { Headers = { { "Origin", "https://elsewhere.example" } } };
        using var response = await (await host.AsAsync("clerk-0123")).SendAsync(request);
        Assert.AreEqual(HttpStatusCode.OK, response.StatusCode);
        Assert.IsFalse(response.Headers.Any(header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase)));
        Assert.IsTrue(response.Headers.CacheControl is { Private: true, NoCache: true });
        Assert.AreEqual("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [TestMethod]
    public async Task A_reviewer_finds_a_student_sees_the_queue_and_merges_and_undoes()
    {
        var reviewer = await host.AsAsync("reviewer");
        using var found = await reviewer.PostAsync("/api/v1/identity/lookup", Body("""{"lastName":"Rivers","firstName":"Ana1001","birthDate":"2015-06-01"}"""));
        var students = await RunningHost.ReadAsync(found);
        Assert.AreEqual(student, students[0].GetProperty("stateId").GetString());
        Assert.AreEqual(HttpStatusCode.OK, (await reviewer.GetAsync("/api/v1/identity/queue")).StatusCode);
        Assert.AreEqual(HttpStatusCode.OK, (await reviewer.GetAsync("/api/v1/identity/queue/0123/2026/1001")).StatusCode);
        Assert.AreEqual(HttpStatusCode.OK, (await reviewer.GetAsync("/api/v1/identity/cases?status=Open")).StatusCode);
        await ExpectProblemAsync(await reviewer.PostAsync("/api/v1/identity/lookup", Body("{}")), HttpStatusCode.BadRequest, "nobody to look for");
        await ExpectProblemAsync(await reviewer.GetAsync("/api/v1/identity/queue?cursor=!"), HttpStatusCode.BadRequest, "a cursor made up");
        await ExpectProblemAsync(await reviewer.GetAsync("/api/v1/identity/queue/0123/2026/none"), HttpStatusCode.NotFound, "no such student");
        await ExpectProblemAsync(await reviewer.PostAsync("/api/v1/identity/decisions", Body("""{"district":"0123","year":2026,"localId":"1001","reason":"Asked."}""")), HttpStatusCode.Conflict, "waits for nothing");
        await ExpectProblemAsync(await reviewer.PostAsync("/api/v1/identity/decisions", Body("""{"district":"0123","year":2026,"localId":"1001","reason":" "}""")), HttpStatusCode.BadRequest, "no reason");
        await ExpectProblemAsync(await reviewer.PostAsync("/api/v1/identity/merges", Body($$"""{"retired":"{{student}}","survivor":"{{student}}","reason":"Asked."}""")), HttpStatusCode.Conflict, "one already");
        await ExpectProblemAsync(await reviewer.PostAsync($"/api/v1/identity/merges/{student}/undo", Body("""{"reason":"Asked."}""")), HttpStatusCode.Conflict, "never merged");
        await ExpectProblemAsync(await reviewer.PostAsync("/api/v1/identity/cases/none/different", Body("""{"reason":"Asked."}""")), HttpStatusCode.NotFound, "no such case");
        await ExpectProblemAsync(await reviewer.PostAsync("/api/v1/identity/cases/none/same", Body("""{"reason":"Asked."}""")), HttpStatusCode.NotFound, "no such case");
        await ExpectProblemAsync(await reviewer.GetAsync("/api/v1/identity/decisions/0123/1001"), HttpStatusCode.NotFound, "nothing was decided");
    }

    private static HttpRequestMessage Request(string method, string pattern)
    {
        var path = pattern.Replace("{key}", upload, StringComparison.Ordinal).Replace("{stateId}", student, StringComparison.Ordinal).Replace("{district}", "0123", StringComparison.Ordinal)
            .Replace("{year}", "2026", StringComparison.Ordinal).Replace("{type}", "SD", StringComparison.Ordinal).Replace("{localId}", "1001", StringComparison.Ordinal).Replace("{recordKey}", "1", StringComparison.Ordinal).Replace("{sequence}", "1", StringComparison.Ordinal).Replace("{editId}", "1", StringComparison.Ordinal).Replace("{name}", "fall", StringComparison.Ordinal).Replace("{file}", "FS052", StringComparison.Ordinal).Replace("{level}", "SCH", StringComparison.Ordinal);
        var body = pattern switch
        {
            "/api/v1/uploads" => """{"district":"0123","year":2026,"recordType":"EN","fileName":"EN.tsv"}""",
            "/api/v1/uploads/{key}/answer" => """{"load":true}""",
            "/api/v1/students/{stateId}/{year}/edits" => """{"district":"0123","localId":"1","recordType":"SD","field":"city","value":"Birch","reason":"Theirs."}""",
            "/api/v1/snapshots" => """{"name":"winter","year":2026}""",
            "/api/v1/records-transfers" => $$"""{"stateId":"{{student}}","district":"0123"}""",
            "/api/v1/districts/{district}/cohorts/{year}/documentation/{stateId}" => """{"note":"Letter."}""",
            _ when pattern.StartsWith("/api/v1/records-transfers/", StringComparison.Ordinal) => "{}",
            "/api/v1/identity/lookup" => """{"lastName":"Rivers","firstName":"Ana"}""",
            "/api/v1/identity/decisions" => """{"district":"0123","year":2026,"localId":"1001","reason":"Asked."}""",
            "/api/v1/identity/merges" => """{"retired":"100200301","survivor":"100200302","reason":"Asked."}""",
            "/api/v1/identity/merges/{stateId}/undo" or "/api/v1/identity/cases/{id}/different" or "/api/v1/identity/cases/{id}/same" => """{"reason":"Asked."}""",
            "/api/v1/cases/terms" => """{"daysToAnswer":7}""",
            "/api/v1/cases/{id}/answers" => """{"district":"0123","answer":"Keep","comment":"Ours."}""",
            "/api/v1/cases/{id}/comments" => """{"district":"0123","comment":"Ours."}""",
            "/api/v1/cases/{id}/evidence" => """{"district":"0123","fileName":"form.pdf","comment":"Ours."}""",
            "/api/v1/cases/{id}/decision" => """{"district":"0123","from":"2025-10-01","reason":"Theirs."}""",
            "/api/v1/cases/{id}/withdrawal" => """{"reason":"Nothing."}""",
            "/api/v1/districts/{district}/editions/{year}/undo" => """{"version":1}""",
            "/api/v1/districts/{district}/editions/{year}/funding-counts/{collection}" => """{"students":120}""",
            "/api/v1/districts/{district}/editions/{year}/pushes" => """{"recordType":"EN"}""",
            _ => """{"id":"a","url":"http://localhost/","secret":"a secret of enough characters"}""",
        };
        return new HttpRequestMessage(new HttpMethod(method), $"{path}?district=0123&year=2026") { Content = method == "POST" || method == "PUT" && !pattern.Contains("/reference/", StringComparison.Ordinal) ? Body(body) : null };
    }

    private static async Task<JsonElement> ExpectProblemAsync(HttpResponseMessage response, HttpStatusCode status, string what)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.AreEqual(status, response.StatusCode, $"{what}: {text}");
        Assert.AreEqual("application/problem+json", response.Content.Headers.ContentType?.MediaType, what);
        var problem = JsonSerializer.Deserialize<JsonElement>(text);
        Assert.AreEqual((int)status, problem.GetProperty("status").GetInt32(), what);
        Assert.IsFalse(string.IsNullOrWhiteSpace(problem.GetProperty("detail").GetString()), what);
        Assert.IsFalse(string.IsNullOrWhiteSpace(problem.GetProperty("traceId").GetString()), what);
        Assert.IsFalse(text.Contains("Exception", StringComparison.Ordinal) || text.Contains("   at ", StringComparison.Ordinal), text);
        return problem;
    }
}