namespace Aim.Bench;

/// <summary>One run of the harness: the cases one after another, then the table.</summary>
internal static class BenchRun
{
    private const int Done = 0;
    private const int Missed = 1;

    public static async Task<int> RunAsync(IReadOnlyList<BenchCase> cases, Options options)
    {
        var data = new BenchData(options.Data, options.Students);
        data.ClearScratch();
        var report = new Report(options);
        try
        {
            foreach (var item in cases)
            {
                Console.Error.WriteLine($"{item.Name}: {item.What}");
                report.Add(item, await Runner.MeasureAsync(item, options));
            }
        }
        catch (FailedCaseException failure)
        {
            Console.Error.WriteLine(failure.Message);
            return Missed;
        }
        finally
        {
            data.ClearScratch();
        }
        Console.Write(report.ToText());
        if (options.Markdown is not null) await File.WriteAllTextAsync(options.Markdown, report.ToMarkdown());
        if (options.Json is not null) await File.WriteAllTextAsync(options.Json, report.ToJson());
        var disagreements = report.Disagreements().ToList();
        foreach (var sentence in disagreements) Console.Error.WriteLine(sentence);
        return disagreements.Count > 0 || report.IsAnyMissed ? Missed : Done;
    }
}
