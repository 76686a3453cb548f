using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Aim.Bench;

/// <summary>A measurement failed; the message says which and how.</summary>
internal sealed class FailedCaseException(string message) : Exception(message);

/// <summary>Makes measurements, each in a process of its own, and is that process.</summary>
internal static class Runner
{
    /// <summary>Enough for the code to be compiled for good.</summary>
    private const int WarmUps = 3;

    public static async Task<Measurement> MeasureAsync(BenchCase item, Options options)
    {
        await StartAsync(options, "--prepare", item.Name, 1);
        if (item.IsSteady) return Read(item, [await StartAsync(options, "--run", item.Name, options.Repeat)]);
        var outputs = new List<string>();
        for (var i = 0; i < options.Repeat; i++) outputs.Add(await StartAsync(options, "--run", item.Name, 1));
        return Read(item, outputs);
    }

    private static Measurement Read(BenchCase item, IEnumerable<string> outputs)
    {
        var all = outputs.Select(output => JsonSerializer.Deserialize<Measurement>(output)!).ToList();
        return new Measurement(item.Name, [.. all.SelectMany(measurement => measurement.Runs)], all.Max(measurement => measurement.PeakMegabytes));
    }

    private static async Task<string> StartAsync(Options options, string verb, string name, int repeat)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        // Run by the dotnet command, the program itself is its first argument.
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (var argument in new[] { verb, name, "--students", Text(options.Students), "--repeat", Text(repeat), "--data", options.Data }) start.ArgumentList.Add(argument);
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new FailedCaseException($"The case '{name}' failed; what it said is above.");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    /// <summary>Within the process of a measurement.</summary>
    public static async Task RunAsync(BenchCase item, Options options)
    {
        var data = new BenchData(options.Data, options.Students);
        for (var i = 0; item.IsSteady && i < WarmUps; i++) await item.Run(data);
        var runs = new List<Outcome>();
        for (var i = 0; i < options.Repeat; i++) runs.Add(await item.Run(data));
        Console.Out.Write(JsonSerializer.Serialize(new Measurement(item.Name, runs, PeakMegabytes())));
    }

    public static double PeakMegabytes()
    {
        const string status = "/proc/self/status";
        if (File.Exists(status) && File.ReadLines(status).FirstOrDefault(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)) is { } line)
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) * 1024 / 1e6;
        using var self = Process.GetCurrentProcess();
        return self.PeakWorkingSet64 / 1e6;
    }
}
