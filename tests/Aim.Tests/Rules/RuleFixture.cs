using System.Text;
using Aim.Identity;
using Aim.Organizations;
using Aim.Records;
using Aim.Tests.Setup;

namespace Aim.Tests.Rules;

/// <summary>A file to upload into the sample district.</summary>
internal sealed record FixtureFile(string Type, byte[] Content)
{
    public SchoolYear Year { get; init; } = Sample.Year;

    public static FixtureFile Of(string type, params Sample.Row[] rows) => Text(type, Sample.Tsv(type, rows));

    public static FixtureFile Text(string type, string text) => new(type, Encoding.UTF8.GetBytes(text));
}

/// <summary>Files that break a rule, and files that differ as little as possible and don't. A student's files are uploaded in the order given.</summary>
/// <param name="At">
/// Where the failing files break it: <c>EN:2</c> is line 2 of the EN file, <c>EN2:2</c> that of the second EN file, line 0 a file as a whole.
/// </param>
internal sealed record RuleFixture(string Rule, string Case, string At, FixtureFile[] Fails, FixtureFile[] Passes)
{
    /// <summary>People whom the state knows before the uploads.</summary>
    public Person[] Known { get; init; } = [];

    /// <summary>Schools that the state keeps otherwise than in the sample.</summary>
    public School[] Schools { get; init; } = [];

    /// <summary>Files of the year before, loaded first; they break no rule.</summary>
    public FixtureFile[] Before { get; init; } = [];

    /// <summary>The rule can be decided without the state's data, but not in this case.</summary>
    public bool NeedsReference { get; init; }

    /// <summary>Its few rows break a rule about the school too, which <c>aim check</c> asks and an upload doesn't.</summary>
    public bool BreaksRuleOfSchool { get; init; }

    public string Name => $"{Rule}: {Case}";

    public IEnumerable<Hit> Expected => At.Split(' ').Select(place => new Hit(Rule, place.Split(':')[0], int.Parse(place.Split(':')[1], null)));

    /// <summary>Whether the files alone decide it, so that <c>aim check</c> must come to the same.</summary>
    public bool IsDecidableOffline => !BreaksRuleOfSchool && Known.Length == 0 && Schools.Length == 0 && Before.Length == 0 && new[] { Fails, Passes }.All(files => files.DistinctBy(file => file.Type).Count() == files.Length);
}

/// <summary>A rule that was found broken, in which file and line.</summary>
internal sealed record Hit(string Rule, string File, long Line)
{
    public override string ToString() => $"{Rule} {File}:{Line}";

    public static string Text(IEnumerable<Hit> hits) => string.Join(", ", hits.Select(hit => hit.ToString()).Order(StringComparer.Ordinal));
}
