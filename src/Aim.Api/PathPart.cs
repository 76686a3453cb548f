namespace Aim.Api;

/// <summary>A local id, or the key of a record, as a part of a path: it may hold a slash, the one character that a server leaves encoded there.</summary>
internal readonly record struct PathPart(string Value)
{
    public static bool TryParse(string? text, out PathPart part)
    {
        part = new PathPart(text?.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) ?? "");
        return text is not null;
    }

    public static implicit operator string(PathPart part) => part.Value;
}
