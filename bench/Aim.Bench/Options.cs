namespace Aim.Bench;

/// <summary>The command line.</summary>
internal sealed record Options
{
    public const int FullSize = 150_000;

    public const string Help = """
        Measures AIM against its peers and the machine's limits.

          dotnet run -c Release --project bench/Aim.Bench -- [options]

          --students N     Size of the state (150000). Files to validate grow with it: 8 rows a student, 1 GB at 150000.
          --only CASES     Only these cases and their peers, separated by commas; a name may end in *.
          --repeat N       How often each case is measured (3); the median is shown with the shortest and the longest.
          --large          Cases that are left out otherwise: a state of a million students.
          --json FILE      Write every run to FILE as JSON.
          --markdown FILE  Write the table to FILE as Markdown.
          --data DIR       Where generated data is kept for the next time (a folder under the system's temporary one).
          --list           List the cases.
          --help           This text.

        Each measurement is a process of its own, so that its peak memory is its own. Exit code 0: done, 1: a target is missed or a case and its
        peer disagree on the findings, 2: the command line can't be used.
        """;

    public int Students { get; private init; } = FullSize;
    public IReadOnlyList<string> Only { get; private init; } = [];
    public int Repeat { get; private init; } = 3;
    public bool Large { get; private init; }
    public string? Json { get; private init; }
    public string? Markdown { get; private init; }
    public string Data { get; private init; } = Path.Combine(Path.GetTempPath(), "aim-bench");
    public bool List { get; private init; }
    public bool ShowHelp { get; private init; }

    /// <summary>Set in a process that makes one measurement, or prepares one.</summary>
    public string? Run { get; private init; }

    /// <inheritdoc cref="Run" />
    public string? Prepare { get; private init; }

    public bool IsFullSize => Students >= FullSize;

    /// <summary>Null when the arguments can't be used; the problem is a sentence.</summary>
    public static Options? Parse(IReadOnlyList<string> args, out string problem)
    {
        problem = "";
        var options = new Options();
        for (var i = 0; i < args.Count; i++)
        {
            var name = args[i];
            switch (name)
            {
                case "--help" or "-h": options = options with { ShowHelp = true }; continue;
                case "--large": options = options with { Large = true }; continue;
                case "--list": options = options with { List = true }; continue;
            }
            if (++i == args.Count) { problem = $"{name} needs a value, or is unknown. See --help."; return null; }
            var value = args[i];
            var number = int.TryParse(value, out var parsed) && parsed > 0 ? parsed : 0;
            if (name is "--students" or "--repeat" && number == 0) { problem = $"{name} is a number from 1; '{value}' is none."; return null; }
            switch (name)
            {
                case "--students": options = options with { Students = number }; break;
                case "--repeat": options = options with { Repeat = number }; break;
                case "--only": options = options with { Only = value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) }; break;
                case "--json": options = options with { Json = value }; break;
                case "--markdown": options = options with { Markdown = value }; break;
                case "--data": options = options with { Data = Path.GetFullPath(value) }; break;
                case "--run": options = options with { Run = value }; break;
                case "--prepare": options = options with { Prepare = value }; break;
                default: problem = $"There is no option {name}. See --help."; return null;
            }
        }
        return options;
    }

    public bool Selects(BenchCase item) =>
        Only.Count == 0 ? !item.IsLarge || Large : Only.Any(name => name.EndsWith('*') ? item.Name.StartsWith(name[..^1], StringComparison.Ordinal) : item.Name == name);
}
