using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Aim.Api.Callers;
using Aim.Host.Embedded;
using Aim.Ports;
using Aim.Workflows;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Aim.Host.Development;

/// <summary>Somebody to sign in as on the local host.</summary>
/// <param name="IsSystem">A program instead of a person: it gets tokens without a sign-in page.</param>
internal sealed record Persona(string Id, string Name, IReadOnlyList<string> Roles, bool IsSystem = false);

/// <summary>
/// An OpenID Connect issuer for the local host: authorization code with PKCE for people, client credentials for programs, both without
/// passwords. It answers only on the loopback interface, and this project is never deployed.
/// </summary>
internal sealed class DevelopmentIssuer
{
    public const string Audience = "api://aim";

    private static readonly TimeSpan TokenLifetime = TimeSpan.FromHours(1);
    private static readonly TimeSpan CodeLifetime = TimeSpan.FromMinutes(2);

    private readonly Uri address;
    private readonly TimeProvider clock;
    private readonly ECDsaSecurityKey key;
    private readonly Func<CancellationToken, Task<IReadOnlyList<string>>> districts;
    private readonly ConcurrentDictionary<string, PendingCode> codes = new();

    private sealed record PendingCode(Persona Persona, string ClientId, string RedirectUri, string Challenge, string? Nonce, DateTimeOffset Expires);

    /// <param name="districts">Numbers of the districts to offer clerks of.</param>
    public DevelopmentIssuer(Uri address, string keyFile, TimeProvider clock, Func<CancellationToken, Task<IReadOnlyList<string>>> districts)
    {
        this.address = address;
        this.clock = clock;
        this.districts = districts;
        key = new ECDsaSecurityKey(LoadKey(keyFile)) { KeyId = "development" };
    }

    public TokenOptions Tokens => new() { Issuer = Issuer, Audience = Audience, SigningKeys = [key] };

    private string Issuer => $"{address.GetLeftPart(UriPartial.Authority)}/development";

    /// <summary>State roles, and a clerk and a student information system for each district.</summary>
    public async Task<IReadOnlyList<Persona>> PersonasAsync(CancellationToken cancellation)
    {
        var numbers = await districts(cancellation);
        return
        [
            new("reviewer", "Reviewer of the state office", [Role.Reviewer]),
            new("reporter", "Federal reporting of the state office", [Role.Reporter]),
            new("operator", "Operator", [Role.Operator]),
            new("warehouse", "The state's data warehouse", [Role.Reviewer], IsSystem: true),
            .. numbers.Select(number => new Persona($"clerk-{number}", $"Data clerk of district {number}", [$"district.{number}"])),
            .. numbers.Select(number => new Persona($"sis-{number}", $"Student information system of district {number}", [$"district.{number}"], IsSystem: true)),
        ];
    }

    public void Map(IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/development").AllowAnonymous().ExcludeFromDescription().AddEndpointFilter(OnlyLoopbackAsync);
        group.MapGet("/.well-known/openid-configuration", () => Results.Json(Discovery()));
        group.MapGet("/keys", () => Results.Json(new { keys = new[] { PublicKey() } }));
        group.MapGet("/authorize", AuthorizeAsync);
        group.MapPost("/authorize", SignInAsync).DisableAntiforgery();
        group.MapPost("/token", TokenAsync).DisableAntiforgery();
    }

    private Dictionary<string, object> Discovery()
    {
        string[] responses = ["code"], subjects = ["public"], algorithms = [SecurityAlgorithms.EcdsaSha256], challenges = ["S256"], grants = ["authorization_code", "client_credentials"];
        return new()
        {
            ["issuer"] = Issuer, ["authorization_endpoint"] = $"{Issuer}/authorize", ["token_endpoint"] = $"{Issuer}/token", ["jwks_uri"] = $"{Issuer}/keys",
            ["response_types_supported"] = responses, ["subject_types_supported"] = subjects, ["id_token_signing_alg_values_supported"] = algorithms,
            ["code_challenge_methods_supported"] = challenges, ["grant_types_supported"] = grants,
        };
    }

    /// <summary>A request that came through a proxy comes from somewhere else, whatever its last hop was.</summary>
    private static async ValueTask<object?> OnlyLoopbackAsync(EndpointFilterInvocationContext invocation, EndpointFilterDelegate next)
    {
        var (connection, headers) = (invocation.HttpContext.Connection, invocation.HttpContext.Request.Headers);
        return connection.RemoteIpAddress is { } remote && IPAddress.IsLoopback(remote) && !headers.ContainsKey("Forwarded") && !headers.ContainsKey("X-Forwarded-For") ? await next(invocation) : Results.NotFound();
    }

    private async Task<IResult> AuthorizeAsync(HttpContext context, CancellationToken cancellation)
    {
        var query = context.Request.Query;
        if (Problem(query["redirect_uri"].ToString(), query["code_challenge"].ToString(), query["code_challenge_method"].ToString()) is { } problem) return Results.BadRequest(problem);
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sign in - AIM (development)</title></head><body><main><h1>Sign in as</h1><form method=\"post\"><p><label for=\"persona\">Persona</label> <select id=\"persona\" name=\"persona\">");
        foreach (var persona in (await PersonasAsync(cancellation)).Where(persona => !persona.IsSystem)) page.Append($"<option value=\"{Encode(persona.Id)}\">{Encode(persona.Name)}</option>");
        page.Append("</select></p>");
        foreach (var name in new[] { "client_id", "redirect_uri", "state", "nonce", "code_challenge" }) page.Append($"<input type=\"hidden\" name=\"{name}\" value=\"{Encode(query[name].ToString())}\">");
        page.Append("<p><button type=\"submit\">Sign in</button></p></form></main></body></html>");
        return Results.Content(page.ToString(), "text/html");
    }

    private async Task<IResult> SignInAsync(HttpContext context, CancellationToken cancellation)
    {
        if (!context.Request.HasFormContentType) return Results.BadRequest("Sign in with the form.");
        var form = await context.Request.ReadFormAsync(cancellation);
        var redirect = form["redirect_uri"].ToString();
        if (Problem(redirect, form["code_challenge"].ToString(), "S256") is { } problem) return Results.BadRequest(problem);
        if ((await PersonasAsync(cancellation)).FirstOrDefault(item => item.Id == form["persona"] && !item.IsSystem) is not { } persona) return Results.BadRequest("There is no such persona.");
        var code = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        foreach (var (old, pending) in codes) if (pending.Expires < clock.GetUtcNow()) codes.TryRemove(old, out _);
        codes[code] = new PendingCode(persona, form["client_id"].ToString(), redirect, form["code_challenge"].ToString(), form["nonce"], clock.GetUtcNow() + CodeLifetime);
        var separator = redirect.Contains('?') ? '&' : '?';
        return Results.Redirect($"{redirect}{separator}code={code}&state={Uri.EscapeDataString(form["state"].ToString())}");
    }

    /// <summary>Codes go back to this machine only.</summary>
    private static string? Problem(string redirect, string challenge, string method) =>
        !Uri.TryCreate(redirect, UriKind.Absolute, out var uri) || !uri.IsLoopback ? "redirect_uri must be on this machine."
        : challenge.Length == 0 || method != "S256" ? "code_challenge with code_challenge_method=S256 is needed."
        : null;

    private async Task<IResult> TokenAsync(HttpContext context, CancellationToken cancellation)
    {
        if (!context.Request.HasFormContentType) return Error("invalid_request");
        var form = await context.Request.ReadFormAsync(cancellation);
        switch (form["grant_type"].ToString())
        {
            case "client_credentials":
                return (await PersonasAsync(cancellation)).FirstOrDefault(item => item.Id == form["client_id"]) is { } persona ? TokenResponse(persona, null) : Error("invalid_client");
            case "authorization_code":
                if (!codes.TryRemove(form["code"].ToString(), out var pending) || pending.Expires < clock.GetUtcNow()) return Error("invalid_grant");
                var challenge = Base64UrlEncoder.Encode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
                return challenge == pending.Challenge && form["redirect_uri"] == pending.RedirectUri && form["client_id"] == pending.ClientId ? TokenResponse(pending.Persona, pending) : Error("invalid_grant");
            default:
                return Error("unsupported_grant_type");
        }
    }

    private static IResult Error(string error) => Results.Json(new { error }, statusCode: StatusCodes.Status400BadRequest);

    private IResult TokenResponse(Persona persona, PendingCode? pending) => Results.Json(new Dictionary<string, object?>
    {
        ["access_token"] = AccessToken(persona), ["token_type"] = "Bearer", ["expires_in"] = (int)TokenLifetime.TotalSeconds,
        ["id_token"] = pending is null ? null : Sign(pending.ClientId, [new("sub", persona.Id), new("name", persona.Name), .. pending.Nonce is { Length: > 0 } nonce ? [new Claim("nonce", nonce)] : Array.Empty<Claim>()]),
    });

    /// <summary>A token for the API, as the persona.</summary>
    public string AccessToken(Persona persona) =>
        Sign(Audience, [new("sub", persona.Id), new("name", persona.Name), .. persona.Roles.Select(role => new Claim("roles", role)), .. persona.IsSystem ? [new Claim("idtyp", "app")] : Array.Empty<Claim>()]);

    private string Sign(string audience, IEnumerable<Claim> claims)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer, Audience = audience, Subject = new ClaimsIdentity(claims), NotBefore = now, IssuedAt = now, Expires = now + TokenLifetime,
            SigningCredentials = new SigningCredentials(key, SecurityAlgorithms.EcdsaSha256),
        });
    }

    private Dictionary<string, string> PublicKey()
    {
        var point = key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        return new() { ["kty"] = "EC", ["crv"] = "P-256", ["use"] = "sig", ["kid"] = key.KeyId, ["x"] = Base64UrlEncoder.Encode(point.X), ["y"] = Base64UrlEncoder.Encode(point.Y) };
    }

    private static ECDsa LoadKey(string file)
    {
        var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        NewFile.MakeSecret(file, () => Encoding.ASCII.GetBytes(ecdsa.ExportECPrivateKeyPem()));
        try
        {
            ecdsa.ImportFromPem(File.ReadAllText(file));
        }
        catch (ArgumentException)
        {
            throw new FaultException($"{file} holds no key. Delete it: the next start makes another, and whoever is signed in signs in again.") { IsPermanent = true };
        }
        return ecdsa;
    }

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
