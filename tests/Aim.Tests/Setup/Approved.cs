using System.Runtime.CompilerServices;

namespace Aim.Tests.Setup;

/// <summary>Whole outputs that somebody has read and approved, kept as files beside the tests.</summary>
internal static class Approved
{
    /// <summary>
    /// Compares with <c>{name}.approved.{extension}</c> in the caller's folder. What differs is written beside it as <c>.received</c>, to
    /// be looked at and, if it is right, renamed.
    /// </summary>
    public static void Verify(string actual, string name, string extension, [CallerFilePath] string caller = "") => VerifyAll([(name, actual)], extension, caller);

    /// <summary>Compares several outputs and tells of all that differ.</summary>
    public static void VerifyAll(IEnumerable<(string Name, string Actual)> outputs, string extension, [CallerFilePath] string caller = "")
    {
        var differences = outputs.Select(output => Difference(output.Actual, output.Name, extension, caller)).OfType<string>().ToList();
        if (differences.Count > 0) Assert.Fail(string.Join('\n', differences));
    }

    private static string? Difference(string actual, string name, string extension, string caller)
    {
        var folder = Path.GetDirectoryName(caller)!;
        var approved = Path.Combine(folder, $"{name}.approved.{extension}");
        var received = Path.Combine(folder, $"{name}.received.{extension}");
        var expected = File.Exists(approved) ? File.ReadAllText(approved) : "";
        if (expected == actual)
        {
            File.Delete(received);
            return null;
        }
        File.WriteAllText(received, actual);
        return $"{name} is not as approved: look at {Path.GetFileName(received)} beside {Path.GetFileName(caller)}. First difference: {FirstDifference(expected, actual)}";
    }

    /// <summary>A file of the repository that is written from the code; CI fails when it is out of date.</summary>
    public static void VerifyDocument(string actual, string path, [CallerFilePath] string caller = "")
    {
        var file = Path.Combine(RepositoryRoot(caller), path);
        var expected = File.Exists(file) ? File.ReadAllText(file) : "";
        if (expected == actual) return;
        if (Environment.GetEnvironmentVariable("CI") != "true") File.WriteAllText(file, actual);
        Assert.Fail($"{path} was out of date and has been written anew: read the change and commit it. First difference: {FirstDifference(expected, actual)}");
    }

    public static string RepositoryRoot([CallerFilePath] string caller = "")
    {
        var folder = new DirectoryInfo(Path.GetDirectoryName(caller)!);
        while (!File.Exists(Path.Combine(folder.FullName, "AIM.sln"))) folder = folder.Parent ?? throw new InvalidOperationException("The tests are not inside the repository.");
        return folder.FullName;
    }

    private static string FirstDifference(string expected, string actual)
    {
        var (left, right) = (expected.Split('\n'), actual.Split('\n'));
        for (var i = 0; i < Math.Max(left.Length, right.Length); i++)
        {
            if (left.ElementAtOrDefault(i) != right.ElementAtOrDefault(i)) return $"line {i + 1}: '{left.ElementAtOrDefault(i)}' became '{right.ElementAtOrDefault(i)}'";
        }
        return "none";
    }
}
