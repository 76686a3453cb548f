namespace Aim.Rules;

/// <summary>The collections of a school year that a district certifies, by name.</summary>
public static class CollectionName
{
    public const string FallCount = "fall-count";
    public const string ChildCount = "child-count";
    public const string SpringCount = "spring-count";
    public const string TestWindow = "test-window";
    public const string EndOfYear = "end-of-year";

    /// <summary>Graduates, dropouts and cohort of the year, certified in the October after it.</summary>
    public const string Graduates = "graduates";

    /// <summary>In the order in which they are certified.</summary>
    public static IReadOnlyList<string> All { get; } = [FallCount, ChildCount, SpringCount, TestWindow, EndOfYear, Graduates];

    public static bool IsKnown(string name) => All.Contains(name);
}
