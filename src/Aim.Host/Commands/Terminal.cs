using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Aim.Host.Commands;

/// <summary>What a command tells the people or machines that called it: results on standard output, everything else on standard error.</summary>
internal sealed class Terminal(TextWriter output, TextWriter error, bool json)
{
    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    public TextWriter Output => output;

    public bool IsJson => json;

    /// <summary>A sentence for people; machines read the result alone.</summary>
    public void Say(string sentence)
    {
        if (!json) output.WriteLine(sentence);
    }

    public void Complain(string sentence) => error.WriteLine(sentence);

    public void Result<T>(T result)
    {
        if (json) output.WriteLine(JsonSerializer.Serialize(result, Json));
    }

    /// <summary>A table for people.</summary>
    public void Table(Column[] columns, IEnumerable<string[]> rows)
    {
        if (json) return;
        var lines = rows.Prepend([.. columns.Select(column => column.Header)]).ToList();
        var widths = columns.Select((_, column) => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
            output.WriteLine("  " + string.Join("  ", line.Select((cell, i) => columns[i].IsOfNumbers ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>Runs work with a bar on an interactive terminal, and without one where nobody watches.</summary>
    public async Task<T> WithProgressAsync<T>(Func<StageProgress, Task<T>> work)
    {
        if (json || Console.IsErrorRedirected || Console.IsOutputRedirected) return await work(new StageProgress(null));
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(error) });
        return await console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context => work(new StageProgress(context)));
    }
}

/// <summary>A column of a table. What it holds decides where its cells stand, not what they look like: the record type 504 is text.</summary>
internal readonly record struct Column(string Header, bool IsOfNumbers = false)
{
    public static implicit operator Column(string header) => new(header);

    public static Column Number(string header) => new(header, IsOfNumbers: true);
}

/// <summary>Shows how far each stage of a command is.</summary>
internal sealed class StageProgress(ProgressContext? context)
{
    private readonly Dictionary<string, ProgressTask> stages = [];

    /// <param name="done">Share from 0 to 1.</param>
    public void Report(string stage, double done)
    {
        if (context is null) return;
        lock (stages)
        {
            if (!stages.TryGetValue(stage, out var task)) stages[stage] = task = context.AddTask(stage, maxValue: 1);
            task.Value = Math.Min(1, done);
        }
    }
}

/// <summary>How long each stage of a command took.</summary>
internal sealed class StageClock
{
    private readonly Dictionary<string, double> seconds = [];

    public IReadOnlyDictionary<string, double> Seconds => seconds;

    public async Task<T> TimeAsync<T>(string stage, Func<Task<T>> work)
    {
        var watch = Stopwatch.StartNew();
        var result = await work();
        seconds[stage] = Math.Round(seconds.GetValueOrDefault(stage) + watch.Elapsed.TotalSeconds, 3);
        return result;
    }

    public Task TimeAsync(string stage, Func<Task> work) => TimeAsync(stage, async () => { await work(); return true; });
}

/// <summary>The exit codes of every verb.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    /// <summary>The work was done; the data has problems.</summary>
    public const int DataHasProblems = 1;

    /// <summary>The command line or the input can't be used.</summary>
    public const int Unusable = 2;

    /// <summary>Something in the system failed.</summary>
    public const int Fault = 3;
}

/// <summary>The input can't be used; the message is a sentence that says what to do.</summary>
internal sealed class UnusableInputException(string message) : Exception(message);
