using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Aim.Editions;
using Aim.Host.Development;
using Aim.Host.Embedded;

namespace Aim.Host.Serving;

/// <summary>A plain page at the root that says what is here and how to go on. It holds counts only.</summary>
internal static class StatusPage
{
    public static void Map(IEndpointRouteBuilder routes, DataFolder data, DevelopmentIssuer issuer) =>
        routes.MapGet("/", async (HttpContext context, CancellationToken cancellation) =>
        {
            var heads = new List<EditionHead>();
            await foreach (var head in data.Ports.Editions.ListHeadsAsync(null, cancellation)) heads.Add(head);
            var snapshots = await data.Platform.Snapshots.ListAsync(cancellation);
            var personas = await issuer.PersonasAsync(cancellation);
            return Results.Content(Html(heads, snapshots.Select(snapshot => snapshot.Name), personas, $"{context.Request.Scheme}://{context.Request.Host}"), "text/html; charset=utf-8");
        }).AllowAnonymous().ExcludeFromDescription();

    private static string Html(IReadOnlyList<EditionHead> heads, IEnumerable<string> snapshots, IReadOnlyList<Persona> personas, string address)
    {
        var page = new StringBuilder("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>AIM</title><style>body{font:16px/1.5 system-ui;max-width:52rem;margin:2rem auto;padding:0 1rem}code,pre{background:#f2f2f2;padding:.1rem .3rem}pre{padding:.8rem;overflow:auto}</style></head><body><main><h1>AIM</h1>");
        page.Append("<p>The data hub of a state education agency, running on this machine.</p><ul>");
        page.Append(CultureInfo.InvariantCulture, $"<li>{Plural.Of(heads.Count, "district edition")} with {Plural.Of(heads.Sum(head => head.RowCount), "row")}, {heads.Count(head => head.IsSynced)} of them in step with the state record; {Plural.Of(heads.Sum(head => head.Parked), "student waits", "students wait")} for a decision.</li>");
        page.Append(CultureInfo.InvariantCulture, $"<li>Snapshots: {Encode(string.Join(", ", snapshots.DefaultIfEmpty("none")))}.</li></ul>");
        page.Append("<p>The API is described at <a href=\"/docs\">/docs</a> and <a href=\"/api/v1/openapi.json\">/api/v1/openapi.json</a>. Every route but health needs a token; on this machine anyone can have one:</p>");
        var clerk = personas.FirstOrDefault(persona => persona.Id.StartsWith("clerk-", StringComparison.Ordinal))?.Id ?? "clerk-0123";
        page.Append(CultureInfo.InvariantCulture, $"<pre>TOKEN=$(curl -s {Encode(address)}/development/token -d grant_type=client_credentials -d client_id=operator | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\ncurl -s -H \"Authorization: Bearer $TOKEN\" '{Encode(address)}/api/v1/snapshots'</pre>");
        page.Append(CultureInfo.InvariantCulture, $"<p>Personas: <code>operator</code>, <code>reviewer</code>, <code>reporter</code>, <code>warehouse</code>, and for each district a clerk and a system, such as <code>{Encode(clerk)}</code> and <code>{Encode(clerk.Replace("clerk", "sis", StringComparison.Ordinal))}</code>.</p></main></body></html>");
        return page.ToString();
    }

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
