using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using System.Web;
using Aim.Tests.Setup;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Aim.Tests.Api;

[TestClass]
public sealed class DevelopmentIssuerTests
{
    private const string Redirect = "http://localhost:9/signed-in";
    private const string Verifier = "a-verifier-of-forty-three-characters-or-more-0123456789";

    private static readonly string Challenge = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    private static RunningHost host = null!;

    [ClassInitialize]
    public static async Task StartAsync(TestContext _) => host = await RunningHost.StartAsync();

    [ClassCleanup]
    public static async Task StopAsync() => await host.DisposeAsync();

    private static async Task<HttpResponseMessage> PostAsync(string path, params (string Name, string Value)[] form)
    {
        using var content = new FormUrlEncodedContent(form.Select(item => KeyValuePair.Create(item.Name, item.Value)));
        return await host.Anonymous.PostAsync(path, content);
    }

    private static async Task<string> CodeAsync(string persona = "reviewer")
    {
        using var response = await PostAsync("/development/authorize", ("persona", persona), ("client_id", "web"), ("redirect_uri", Redirect), ("state", "s t&te"), ("nonce", "n"), ("code_challenge", Challenge));
        Assert.AreEqual(HttpStatusCode.Redirect, response.StatusCode);
        var back = response.Headers.Location!;
        Assert.AreEqual(Redirect, back.GetLeftPart(UriPartial.Path));
        var query = HttpUtility.ParseQueryString(back.Query);
        Assert.AreEqual("s t&te", query["state"]);
        return query["code"]!;
    }

    private static Task<HttpResponseMessage> RedeemAsync(string code, string verifier = Verifier, string redirect = Redirect, string client = "web") =>
        PostAsync("/development/token", ("grant_type", "authorization_code"), ("code", code), ("code_verifier", verifier), ("redirect_uri", redirect), ("client_id", client));

    [TestMethod]
    public async Task A_person_signs_in_with_a_code_and_PKCE_and_may_call_the_API()
    {
        using var response = await RedeemAsync(await CodeAsync());
        var tokens = await RunningHost.ReadAsync(response);

        var id = new JsonWebTokenHandler().ReadJsonWebToken(tokens.GetProperty("id_token").GetString());
        Assert.AreEqual(("reviewer", "n", "web"), (id.Subject, id.GetClaim("nonce").Value, id.Audiences.Single()));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/snapshots") { Headers = { Authorization = new("Bearer", tokens.GetProperty("access_token").GetString()) } };
        using var answer = await host.Anonymous.SendAsync(request);
        Assert.AreEqual(HttpStatusCode.OK, answer.StatusCode);
    }

    [TestMethod]
    public async Task A_code_is_good_once_for_whom_it_was_made()
    {
        Assert.AreEqual(HttpStatusCode.BadRequest, (await RedeemAsync(await CodeAsync(), verifier: "another")).StatusCode);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await RedeemAsync(await CodeAsync(), redirect: "http://localhost:9/other")).StatusCode);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await RedeemAsync(await CodeAsync(), client: "other")).StatusCode);
        var code = await CodeAsync();
        Assert.AreEqual(HttpStatusCode.OK, (await RedeemAsync(code)).StatusCode);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await RedeemAsync(code)).StatusCode);
    }

    [TestMethod]
    public async Task The_sign_in_page_offers_people_and_no_programs_and_sends_nobody_elsewhere()
    {
        var page = await host.Anonymous.GetStringAsync($"/development/authorize?client_id=web&redirect_uri={Uri.EscapeDataString(Redirect)}&state=%22%3E%3Cscript%3E&code_challenge={Challenge}&code_challenge_method=S256");
        StringAssert.Contains(page, "clerk-0123");
        Assert.IsFalse(page.Contains("sis-0123", StringComparison.Ordinal) || page.Contains("<script", StringComparison.Ordinal));

        using var elsewhere = await host.Anonymous.GetAsync($"/development/authorize?client_id=web&redirect_uri=https%3A%2F%2Felsewhere.example%2F&code_challenge={Challenge}&code_challenge_method=S256");
        Assert.AreEqual(HttpStatusCode.BadRequest, elsewhere.StatusCode);
        using var plain = await host.Anonymous.GetAsync($"/development/authorize?client_id=web&redirect_uri={Uri.EscapeDataString(Redirect)}&code_challenge=x&code_challenge_method=plain");
        Assert.AreEqual(HttpStatusCode.BadRequest, plain.StatusCode);
    }

    [TestMethod]
    public async Task What_is_no_token_request_gets_no_token()
    {
        Assert.AreEqual(HttpStatusCode.BadRequest, (await PostAsync("/development/token", ("grant_type", "client_credentials"), ("client_id", "nobody"))).StatusCode);
        Assert.AreEqual(HttpStatusCode.BadRequest, (await PostAsync("/development/token", ("grant_type", "password"))).StatusCode);
        using var json = new StringContent("{}", Encoding.UTF8, "application/json");
        Assert.AreEqual(HttpStatusCode.BadRequest, (await host.Anonymous.PostAsync("/development/token", json)).StatusCode);
    }

    [TestMethod]
    public async Task A_request_that_came_through_a_proxy_finds_no_issuer()
    {
        foreach (var header in new[] { "X-Forwarded-For", "Forwarded" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/development/.well-known/openid-configuration") { Headers = { { header, "for=192.0.2.1" } } };
            Assert.AreEqual(HttpStatusCode.NotFound, (await host.Anonymous.SendAsync(request)).StatusCode, header);
        }
    }

    [TestMethod]
    public async Task The_published_keys_verify_the_tokens()
    {
        var discovery = await RunningHost.ReadAsync(await host.Anonymous.GetAsync("/development/.well-known/openid-configuration"));
        var keys = new JsonWebKeySet(await host.Anonymous.GetStringAsync(discovery.GetProperty("jwks_uri").GetString()));
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(await host.TokenAsync("clerk-0123"), new TokenValidationParameters
        {
            ValidIssuer = discovery.GetProperty("issuer").GetString(), ValidAudience = "api://aim", IssuerSigningKeys = keys.GetSigningKeys(),
        });
        Assert.IsTrue(result.IsValid, result.Exception?.Message);
    }

    [TestMethod]
    public void Nothing_that_is_deployed_knows_the_development_issuer()
    {
        var root = Approved.RepositoryRoot();
        var deployed = new[] { "src/Aim.Core", "src/Aim.Api", "src/Aim.Azure", "functions" }.Select(folder => Path.Combine(root, folder)).Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, "*.cs*", SearchOption.AllDirectories)).Where(file => !Regex.IsMatch(file, @"[\\/](obj|bin)[\\/]")).ToList();
        Assert.IsGreaterThan(50, deployed.Count);
        foreach (var file in deployed)
        {
            var text = File.ReadAllText(file);
            Assert.IsFalse(text.Contains("DevelopmentIssuer", StringComparison.Ordinal) || text.Contains("Aim.Host.Development", StringComparison.Ordinal) || text.Contains("/development/", StringComparison.Ordinal), file);
            if (file.EndsWith(".csproj", StringComparison.Ordinal)) Assert.IsFalse(text.Contains("Aim.Host", StringComparison.Ordinal), file);
        }
    }
}
