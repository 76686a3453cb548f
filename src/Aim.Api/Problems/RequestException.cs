using Aim.Rules;
using Microsoft.AspNetCore.Http;

namespace Aim.Api.Problems;

/// <summary>A request that can't be answered as asked; becomes problem details.</summary>
public sealed class RequestException(int status, string title, string detail) : Exception(detail)
{
    public int Status => status;
    public string Title => title;

    /// <summary>What was found in what was sent; becomes part of the problem details.</summary>
    public IReadOnlyList<Finding>? Findings { get; init; }

    public static RequestException Forbidden(string detail) => new(StatusCodes.Status403Forbidden, "Not allowed", detail);

    public static RequestException NotFound(string detail) => new(StatusCodes.Status404NotFound, "Not found", detail);

    public static RequestException Invalid(string detail) => new(StatusCodes.Status400BadRequest, "Not understood", detail);

    public static RequestException Conflict(string detail) => new(StatusCodes.Status409Conflict, "Not possible now", detail);

    /// <summary>The record is not as the caller knew it.</summary>
    public static RequestException Stale(string detail) => new(StatusCodes.Status412PreconditionFailed, "Changed meanwhile", detail);

    public static RequestException NotAcceptable(IEnumerable<string> types) =>
        new(StatusCodes.Status406NotAcceptable, "Not in that form", $"This comes as {string.Join(" or ", types)}: name one of them in Accept, or leave it out.");
}
