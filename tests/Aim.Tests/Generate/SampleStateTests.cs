using Aim.Host.Generate;
using Aim.Records;
using Aim.Tests.Setup;

namespace Aim.Tests.Generate;

[TestClass]
public sealed class SampleStateTests
{
    [TestMethod]
    public void The_sample_state_is_what_the_generator_writes()
    {
        var folder = AssemblySetup.NewFolder("sample-state");
        new StateGenerator(new GenerateOptions(folder, Students: 40, Districts: 2, Seed: 7, new SchoolYear(2026), ErrorRate: 0.2)).Run();

        var (expected, actual) = (Files(Path.Combine(Approved.RepositoryRoot(), "samples", "state")), Files(folder));

        CollectionAssert.AreEqual(actual.Keys.ToList(), expected.Keys.ToList());
        foreach (var (path, content) in actual) Assert.IsTrue(content.AsSpan().SequenceEqual(expected[path]), $"{path} differs: write samples/state anew, as samples/README.md says");
    }

    private static SortedDictionary<string, byte[]> Files(string folder) => new(
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).ToDictionary(file => Path.GetRelativePath(folder, file).Replace('\\', '/'), File.ReadAllBytes), StringComparer.Ordinal);
}
