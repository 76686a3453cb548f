using System.Security.Claims;
using Aim.Ports;
using Aim.Records;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.IdentityModel.Tokens;

namespace Aim.Api.Callers;

/// <summary>Whose tokens are taken.</summary>
public sealed record TokenOptions
{
    /// <summary>The issuer named in tokens.</summary>
    public required string Issuer { get; init; }

    /// <summary>This API, as tokens name it.</summary>
    public required string Audience { get; init; }

    /// <summary>Where the issuer publishes its keys; null when <see cref="SigningKeys"/> has them.</summary>
    public string? Authority { get; init; }

    public IReadOnlyList<SecurityKey> SigningKeys { get; init; } = [];
}

/// <summary>
/// Makes callers of bearer tokens, and of nothing else. Roles are app roles of the issuer: <c>reviewer</c>, <c>reporter</c>,
/// <c>operator</c>, and <c>district.0123</c> for each district a caller acts for.
/// </summary>
public static class CallerAuthentication
{
    private const string RolesClaim = "roles";
    private const string DistrictPrefix = "district.";

    public static IServiceCollection AddCallers(this IServiceCollection services, TokenOptions options)
    {
        // What bearer tokens need, and no more: AddAuthentication would bring data protection along, which makes keys on disk for cookies
        // that nobody sends, and take schemes from configuration.
        services.AddAuthenticationCore(authentication => authentication.DefaultScheme = JwtBearerDefaults.AuthenticationScheme);
        services.AddWebEncoders();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IAuthenticationConfigurationProvider, NoConfiguration>();
        new AuthenticationBuilder(services).AddJwtBearer(jwt =>
        {
            jwt.MapInboundClaims = false;
            jwt.Authority = options.Authority;
            jwt.Audience = options.Audience;
            jwt.TokenValidationParameters.ValidIssuer = options.Issuer;
            jwt.TokenValidationParameters.RoleClaimType = RolesClaim;
            if (options.SigningKeys.Count > 0) jwt.TokenValidationParameters.IssuerSigningKeys = options.SigningKeys;
            jwt.TokenValidationParameters.ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256];
            jwt.TokenValidationParameters.ClockSkew = TimeSpan.FromMinutes(1);
        });
        // Deny by default: a route without a word about callers needs a token.
        services.AddAuthorizationBuilder().SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        return services;
    }

    /// <summary>The caller of a request that has passed authentication.</summary>
    public static Caller Caller(this HttpContext context) => From(context.User);

    public static Caller From(ClaimsPrincipal user)
    {
        var roles = new HashSet<string>();
        var districts = new HashSet<DistrictId>();
        foreach (var role in user.FindAll(RolesClaim).Select(claim => claim.Value))
        {
            if (!role.StartsWith(DistrictPrefix, StringComparison.Ordinal)) roles.Add(role);
            else if (DistrictId.TryParse(role[DistrictPrefix.Length..], null, out var district) && districts.Add(district)) roles.Add(Role.District);
        }
        var id = user.FindFirstValue("oid") ?? user.FindFirstValue("sub") ?? user.FindFirstValue("azp") ?? "";
        // An application's token says so; everything else is a person's.
        return new Caller(id, roles, districts, IsPerson: user.FindFirstValue("idtyp") != "app");
    }

    private sealed class NoConfiguration : IAuthenticationConfigurationProvider
    {
        public IConfiguration AuthenticationConfiguration { get; } = new ConfigurationBuilder().Build();
    }
}
