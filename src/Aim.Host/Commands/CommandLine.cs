using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Aim.Rules;
using Aim.Workflows;

namespace Aim.Host.Commands;

/// <summary>The command line: which verbs there are, and how a failure becomes a sentence and an exit code.</summary>
internal static partial class CommandLine
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error, CancellationToken cancellation)
    {
        var root = Root();
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            error.WriteLine($"{Sentence(parsed.Errors[0].Message)} See '{NameOf(parsed.CommandResult)} --help'.");
            return ExitCode.Unusable;
        }
        // The library's own handling of Ctrl+C would now and then end the process before the sentence below is written.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopOnce);
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopOnce);
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = error, ProcessTerminationTimeout = null }, stop.Token);
        }
        catch (Exception failure)
        {
            if (Environment.GetEnvironmentVariable("AIM_DEBUG") is not null) error.WriteLine(failure);
            var (sentence, code) = Explain(failure);
            error.WriteLine(sentence);
            return code;
        }

        // A second signal ends the process at once.
        void StopOnce(PosixSignalContext signal)
        {
            signal.Cancel = !stop.IsCancellationRequested;
            stop.Cancel();
        }
    }

    /// <summary>What to type for the command, from the program on.</summary>
    private static string NameOf(CommandResult command) => command.Parent is CommandResult parent ? $"{NameOf(parent)} {command.Command.Name}" : "aim";

    /// <summary>The parser's first line, without names of types.</summary>
    private static string Sentence(string message) => ExpectedType().Replace(message.ReplaceLineEndings("\n").Split('\n')[0], "; give a number.");

    [GeneratedRegex(" as expected type 'System\\.(Int32|Double|Nullable.*)'\\.?")]
    private static partial Regex ExpectedType();

    private static RootCommand Root()
    {
        var root = new RootCommand("AIM: the data hub of a state education agency. Without a verb it makes a sample state in ./aim-data, loads it, and serves it on http://localhost:5080.")
        {
            ServeCommand.Create(), GenerateCommand.Create(), LoadCommand.Create(), CheckCommand.Create(), SyncCommand.Create(), VerifyCommand.Create(), RulesCommand.Create(), SnapshotCommand.Create(), FederalCommand.Create(), ExplainCommand.Create(),
            BackupCommand.Create(), RestoreCommand.Create(), IdentityCommand.Create(),
        };
        var urls = CommonOptions.Urls();
        root.Add(urls);
        root.SetAction((parsed, cancellation) => FirstRun.RunAsync(parsed, parsed.GetRequiredValue(urls), cancellation));
        return root;
    }

    private static readonly (string Sentence, int Code) StorageFull = ("The storage is full. Nothing was lost: free some space, and run the command again.", ExitCode.Fault);

    /// <summary>Never a stack trace, and no text that might quote a row.</summary>
    private static (string Sentence, int Code) Explain(Exception failure) => failure switch
    {
        UnusableInputException unusable => (unusable.Message, ExitCode.Unusable),
        FaultException { IsPermanent: true } fault => (fault.Message, ExitCode.Unusable),
        FaultException fault => (fault.Message, ExitCode.Fault),
        OperationCanceledException => ("Stopped. Nothing is lost: run the command again to go on.", ExitCode.Fault),
        UnauthorizedAccessException or DirectoryNotFoundException or FileNotFoundException => ($"{failure.Message} Check the path and its permissions.", ExitCode.Unusable),
        Microsoft.Data.Sqlite.SqliteException database => Explain(database),
        IOException when Embedded.FileBlobStore.IsFull(failure) => StorageFull,
        IOException => ($"{failure.Message} Check the disk, and run the command again.", ExitCode.Fault),
        _ => ($"Something failed in a way this program doesn't know ({failure.GetType().Name}). Nothing is lost: run the command again, and report it if it stays. AIM_DEBUG=1 shows more.", ExitCode.Fault),
    };

    private static (string Sentence, int Code) Explain(Microsoft.Data.Sqlite.SqliteException failure) => failure.SqliteErrorCode switch
    {
        11 or 26 => ("The databases of the data folder are damaged, or are not of this program. Restore the folder from a backup.", ExitCode.Unusable),
        8 or 14 => ("The data folder can't be written to. Check its permissions.", ExitCode.Unusable),
        5 or 6 => ("Another program keeps the data folder locked. Stop it, and run the command again.", ExitCode.Fault),
        13 => StorageFull,
        _ => ($"The database failed (SQLite {failure.SqliteErrorCode}). Nothing is lost: run the command again, and report it if it stays.", ExitCode.Fault),
    };
}

/// <summary>Options that several verbs have.</summary>
internal static class CommonOptions
{
    public const string DefaultData = "aim-data";
    public const int DefaultPort = 5080;
    public const string DefaultUrl = "http://localhost:5080";

    public static Option<DirectoryInfo> Data() => new("--data") { Description = "The data folder.", HelpName = "DIR", DefaultValueFactory = _ => new DirectoryInfo(DefaultData) };

    public static Option<string> Urls() => new("--urls") { Description = "Where to listen.", HelpName = "URL", DefaultValueFactory = _ => DefaultUrl };

    public static Option<bool> Json() => new("--json") { Description = "Print the result as one JSON document; see docs/command-line.md." };

    public static Terminal Terminal(ParseResult parsed, Option<bool> json) => new(parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error, parsed.GetValue(json));

    /// <summary>Reads one of a closed set of values, in any case.</summary>
    public static T OneOf<T>(ArgumentResult given, string what) where T : struct, Enum
    {
        var text = given.Tokens.Single().Value;
        if (Enum.GetNames<T>().FirstOrDefault(name => name.Equals(text, StringComparison.OrdinalIgnoreCase)) is { } found) return Enum.Parse<T>(found);
        given.AddError($"'{text}' is no {what}; use {string.Join(", ", Enum.GetNames<T>().Select(name => typeof(T) == typeof(Federal.FederalLevel) ? name : name.ToLowerInvariant()))}.");
        return default;
    }

    public static void MustExist(DirectoryInfo folder, string advice)
    {
        MustNotBeFile(folder);
        if (!folder.Exists) throw new UnusableInputException($"The folder {folder.FullName} does not exist. {advice}");
    }

    public static void MustNotBeFile(DirectoryInfo folder)
    {
        if (File.Exists(folder.FullName)) throw new UnusableInputException($"{folder.FullName} is a file. Give a folder.");
    }

    public static Records.SchoolYear Year(string text) =>
        Records.SchoolYear.TryParse(text, null, out var year) ? year : throw new UnusableInputException($"'{text}' is not a school year. Give the year in which it ends, such as 2026.");

    /// <summary>A year there is reference data of: the one given, or else the newest.</summary>
    public static async Task<Records.SchoolYear> YearAsync(string? text, Embedded.DataFolder data, CancellationToken cancellation)
    {
        Records.SchoolYear? given = text is null ? null : Year(text);
        var years = await data.Platform.References.ListYearsAsync(cancellation);
        if (years.Count == 0) throw new UnusableInputException("There is no reference data here yet. Load a folder that has it with 'aim load DIR'.");
        return given is not { } wanted || years.Contains(wanted) ? given ?? years[^1]
            : throw new UnusableInputException($"There is no reference data of {wanted.Span} here. Give a year that there is data of: {string.Join(", ", years)}.");
    }

    /// <summary>A collection that exists; null when none was named.</summary>
    public static string? Collection(string? name) =>
        name is null || CollectionName.IsKnown(name) ? name : throw new UnusableInputException($"'{name}' is no collection. Give one of {string.Join(", ", CollectionName.All)}.");

    /// <summary>In the one form that help and documents name: of 02/03/2009 nobody can tell which of the two is the month.</summary>
    public static DateOnly Date(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", null, System.Globalization.DateTimeStyles.None, out var date) ? date
        : throw new UnusableInputException($"'{text}' is not a date. Give it as YYYY-MM-DD.");
}

/// <summary>Opens the data folder for a verb that works in it, with the engine running unless it says otherwise.</summary>
internal static class OpenData
{
    public static Embedded.DataFolder Existing(DirectoryInfo folder)
    {
        MustExist(folder);
        return AtAny(folder);
    }

    public static void MustExist(DirectoryInfo folder)
    {
        if (!Embedded.DataFolder.Exists(folder.FullName)) throw new UnusableInputException($"{folder.FullName} is no data folder. Make one with 'aim load DIR --data {folder}'.");
    }

    /// <summary>For a verb that only looks: workflows that wait to be taken up are left to others.</summary>
    public static Embedded.DataFolder ToLookAt(DirectoryInfo folder)
    {
        MustExist(folder);
        return Open(folder);
    }

    public static Embedded.DataFolder AtAny(DirectoryInfo folder)
    {
        var data = Open(folder);
        data.Engine.Start();
        return data;
    }

    private static Embedded.DataFolder Open(DirectoryInfo folder)
    {
        CommonOptions.MustNotBeFile(folder);
        var loggers = LoggerFactory.Create(logging =>
        {
            if (Environment.GetEnvironmentVariable("AIM_DEBUG") is not null) logging.AddSimpleConsole(options => options.SingleLine = true).SetMinimumLevel(LogLevel.Debug);
        });
        return Embedded.DataFolder.Open(folder.FullName, new Uri(CommonOptions.DefaultUrl), TimeProvider.System, loggers);
    }
}
