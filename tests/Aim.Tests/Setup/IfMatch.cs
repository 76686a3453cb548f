using System.Globalization;
using System.Net;

namespace Aim.Tests.Setup;

/// <summary>What a caller may write as If-Match, and how a record that it knows is answered: the same wherever the header is read.</summary>
internal static class IfMatch
{
    /// <summary>The header, with <c>{0}</c> for the record's ETag.</summary>
    public static IEnumerable<(string Header, HttpStatusCode Expected)> Forms { get; } =
    [
        ("*", HttpStatusCode.OK),
        ("W/{0}", HttpStatusCode.OK),
        ("\"other\", {0}", HttpStatusCode.OK),
        ("\"other\"", HttpStatusCode.PreconditionFailed),
        ("\"*\"", HttpStatusCode.PreconditionFailed),
        ("", HttpStatusCode.PreconditionFailed),
        (" , ", HttpStatusCode.PreconditionFailed),
        ("no quotes", HttpStatusCode.BadRequest),
    ];

    public static string With(string header, object etag) => string.Format(CultureInfo.InvariantCulture, header, etag);
}
