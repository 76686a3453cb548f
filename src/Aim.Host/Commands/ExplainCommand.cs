using System.CommandLine;
using Aim.Federal;

namespace Aim.Host.Commands;

/// <summary><c>aim explain</c>: the students behind a federal count, back to the upload and line.</summary>
internal static class ExplainCommand
{
    /// <summary>What <c>--json</c> prints.</summary>
    private sealed record ExplainReport(string Snapshot, FederalCell Cell, int Count, IReadOnlyList<CountedStudent> Students, IReadOnlyDictionary<string, double> Seconds);

    public static Command Create()
    {
        var snapshot = new Argument<string>("SNAPSHOT") { Description = "The snapshot's name." };
        var file = new Argument<string>("FILE") { Description = "The file, such as FS052." };
        var level = new Argument<FederalLevel>("LEVEL") { HelpName = "LEVEL", CustomParser = given => CommonOptions.OneOf<FederalLevel>(given, "level"), Description = "SEA, LEA or SCH." };
        var cell = new Argument<string[]>("CELL") { Description = "District and school, as the level has them, then the values of a category set: 0123 0456 KG AM7 F.", Arity = ArgumentArity.ZeroOrMore };
        var set = new Option<string?>("--set") { HelpName = "SET", Description = "The category set's code, such as ST1, where the values could be of several." };
        var data = CommonOptions.Data();
        var json = CommonOptions.Json();
        var command = new Command("explain", "List the students behind one count of a federal file, with the upload and line each row came from.") { snapshot, file, level, cell, set, data, json };
        command.SetAction(async (parsed, cancellation) =>
        {
            var terminal = CommonOptions.Terminal(parsed, json);
            await using var opened = OpenData.Existing(parsed.GetRequiredValue(data));
            var wanted = CellOf(parsed.GetRequiredValue(file), parsed.GetValue(level), parsed.GetValue(cell) ?? []) with { Set = parsed.GetValue(set) };
            var stages = new StageClock();
            var students = await stages.TimeAsync("explain", () => opened.Platform.Federal.ExplainAsync(parsed.GetRequiredValue(snapshot), wanted, cancellation));
            terminal.Say($"{Plural.Of(students.Count, "student is", "students are")} counted there.");
            terminal.Table(["State ID", "District", "School", "Local id", "Rows (file, line)"], students.Select(student => new[]
            {
                student.StateId.ToString(), student.District, student.School, student.LocalId, string.Join("; ", student.Rows.Select(row => $"{row.File ?? $"{row.RecordType} of upload {row.Upload}"} {row.Line}")),
            }));
            terminal.Result(new ExplainReport(parsed.GetRequiredValue(snapshot), wanted, students.Count, students, stages.Seconds));
            return ExitCode.Done;
        });
        return command;
    }

    private static FederalCell CellOf(string file, FederalLevel level, string[] parts)
    {
        var organisations = level switch { FederalLevel.SEA => 0, FederalLevel.LEA => 1, _ => 2 };
        if (parts.Length < organisations) throw new UnusableInputException($"A count at {level} level needs {(organisations == 1 ? "the district" : "the district and the school")} first.");
        return new FederalCell(file, level, organisations > 0 ? parts[0] : null, organisations > 1 ? parts[1] : null, parts[organisations..]);
    }
}
