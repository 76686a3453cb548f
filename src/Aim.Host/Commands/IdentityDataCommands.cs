using System.CommandLine;
using System.Globalization;
using Aim.Editions;
using Aim.Host.Embedded;
using Aim.Identity;
using Aim.Records;

namespace Aim.Host.Commands;

/// <summary>The verbs of <c>aim identity</c> that work on a data folder: the queue, merges and the scan, for a state office without a browser.</summary>
internal static class IdentityDataCommands
{
    private const int MostListed = 1000;
    private const int LongestReason = 500;

    /// <summary>Who is kept as having decided.</summary>
    private static string By => $"command line, {Environment.UserName}";

    private static readonly IReadOnlyList<string> Genders = [.. CodeSets.Get("gender").Entries.Select(entry => entry.Code)];

    public static IEnumerable<Command> All() => [Find(), Queue(), Explain(), Decide(), Merge(), Unmerge(), Scan()];

    /// <summary>A verb with its data folder and <c>--json</c>.</summary>
    private static Command Verb(string name, string description, IEnumerable<Symbol> symbols, Func<ParseResult, DataFolder, Terminal, CancellationToken, Task<int>> run)
    {
        var (data, json) = (CommonOptions.Data(), CommonOptions.Json());
        var command = new Command(name, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Add(argument);
            else command.Add((Option)symbol);
        }
        command.Add(data);
        command.Add(json);
        command.SetAction(async (parsed, cancellation) =>
        {
            await using var opened = OpenData.Existing(parsed.GetRequiredValue(data));
            return await run(parsed, opened, CommonOptions.Terminal(parsed, json), cancellation);
        });
        return command;
    }

    private static Argument<string> Text(string name, string description) => new(name) { Description = description };

    private static Option<string> Reason() => new("--reason") { Description = "Why; it is kept with the decision.", HelpName = "TEXT", Required = true };

    private static string Given(ParseResult parsed, Option<string> reason) =>
        parsed.GetRequiredValue(reason).Trim() is { Length: > 0 and <= LongestReason } given ? given : throw new UnusableInputException($"Give a reason of at most {LongestReason} characters: --reason TEXT.");

    private static StateId Id(string text) => StateId.TryParse(text, null, out var id) ? id : throw new UnusableInputException($"'{text}' is no State ID. Give nine digits.");

    private static string? Gender(string? code) =>
        code is null || Genders.Contains(code, StringComparer.OrdinalIgnoreCase) ? code?.ToUpperInvariant() : throw new UnusableInputException($"'{code}' is no gender of the code list. Give one of {string.Join(", ", Genders)}.");

    private static EditionKey Edition(string district, string year) =>
        new(DistrictId.TryParse(district, null, out var number) ? number : throw new UnusableInputException($"'{district}' is not a district. Give its four-digit number, such as 0123."), CommonOptions.Year(year));

    private static Command Find()
    {
        var (last, first) = (Text("LAST", "Last name, with the first name after it; or a State ID alone."), new Argument<string?>("FIRST") { Description = "First name.", Arity = ArgumentArity.ZeroOrOne });
        var (birth, gender) = (new Option<string?>("--birth") { Description = "Birth date (YYYY-MM-DD).", HelpName = "DATE" }, new Option<string?>("--gender") { Description = $"{string.Join(", ", Genders)}.", HelpName = "CODE" });
        return Verb("find", "The student locator: the students whom a name may mean, likeliest first.", [last, first, birth, gender], async (parsed, data, terminal, cancellation) =>
        {
            var locator = data.Platform.Locator;
            IReadOnlyList<LocatedStudent> found;
            if (parsed.GetValue(first) is { } name)
                found = await locator.FindAsync(new LocatorQuery(parsed.GetRequiredValue(last), name, parsed.GetValue(birth) is { } day ? CommonOptions.Date(day) : null, Gender(parsed.GetValue(gender)), null), cancellation);
            else if (StateId.TryParse(parsed.GetRequiredValue(last), null, out var id)) found = await locator.FindAsync(id, cancellation) is { } one ? [one] : [];
            else throw new UnusableInputException("A student can't be found by a last name alone. Give the first name after it, or a State ID of nine digits alone.");
            terminal.Say($"{Plural.Of(found.Count, "student")} may be meant.");
            terminal.Table(["State ID", "Last", "First", "Birth date", Column.Number("Probability")], found.Select(student => new[]
            {
                student.StateId.ToString(), student.LastName ?? "", student.FirstName ?? "", $"{student.BirthDate:yyyy-MM-dd}", student.Probability.ToString("0.000", CultureInfo.InvariantCulture),
            }));
            terminal.Result(found);
            return ExitCode.Done;
        });
    }

    private static Command Queue() => Verb("queue", "List the children whose rows wait until somebody decides who they are.", [], async (_, data, terminal, cancellation) =>
    {
        var waiting = await data.Platform.NearMatches.ListAsync(null, cancellation).Take(MostListed).ToListAsync(cancellation);
        terminal.Say($"{Plural.Of(waiting.Count, "child waits", "children wait")}{(waiting.Count == MostListed ? ", or more" : "")}.");
        terminal.Table(["District", "Year", "Local id", "Reason", "Candidates"], waiting.Select(item => new[]
        {
            item.Edition.District.ToString(), item.Edition.Year.ToString(), item.Parked.LocalId, item.Parked.Reason.ToString(), string.Join(' ', item.Parked.Candidates),
        }));
        terminal.Result(waiting.Select(item => new { item.Edition.District, item.Edition.Year, item.Parked.LocalId, item.Parked.Reason, item.Parked.Candidates, item.Parked.Since }));
        return ExitCode.Done;
    });

    private static (Argument<string> District, Argument<string> Year, Argument<string> LocalId) Student() =>
        (Text("DISTRICT", "The district's four-digit number."), Text("YEAR", "The school year, by the year in which it ends."), Text("LOCALID", "The district's local id."));

    private static Command Explain()
    {
        var (district, year, localId) = Student();
        return Verb("explain", "Show a child next to those it might be, with what each field adds, and what was decided.", [district, year, localId], async (parsed, data, terminal, cancellation) =>
        {
            var edition = Edition(parsed.GetRequiredValue(district), parsed.GetRequiredValue(year));
            var compared = await data.Platform.NearMatches.CompareAsync(edition, parsed.GetRequiredValue(localId), cancellation) ?? throw new UnusableInputException($"Edition {edition} has no student of that local id.");
            var decision = await data.Platform.IdentityDecisions.FindAsync(edition.District, compared.LocalId, cancellation);
            terminal.Say($"{NameOf(compared.Child)}, born {compared.Child.BirthDate:yyyy-MM-dd}{(compared.Child.StateId == default ? "" : $", with State ID {compared.Child.StateId}")}: {(compared.Reason is { } reason ? $"waits ({reason})" : "doesn't wait")}.");
            if (decision is not null) terminal.Say($"Decided by {decision.Kind} on {decision.At:yyyy-MM-dd}: State ID {decision.StateId}{(decision.IsNew ? ", new" : "")}. {decision.Reason}");
            foreach (var (person, weighed) in compared.Candidates)
            {
                terminal.Say(FormattableString.Invariant($"{person.StateId} {NameOf(person)}, born {person.BirthDate:yyyy-MM-dd}: probability {weighed.Probability:0.000}, weight {Weight(weighed.Weight)}"));
                terminal.Table(["Field", "Agreement", Column.Number("Weight")], weighed.Fields.Select(field => new[] { field.Field.ToString(), field.Agreement.ToString(), Weight(field.Weight) }));
            }
            terminal.Result(new { compared.LocalId, compared.Reason, compared.Child, Candidates = compared.Candidates.Select(item => new { item.Person, item.Weighed }), compared.Model, Decision = decision });
            return ExitCode.Done;
        });
    }

    private static string NameOf(Person person) => $"{person.LastName}, {string.Join(' ', new[] { person.FirstName, person.MiddleName }.Where(name => !string.IsNullOrEmpty(name)))}";

    /// <summary>To a tenth of a bit; what rounds to nothing has no sign.</summary>
    internal static string Weight(double bits) => (Math.Round(bits, 1) + 0.0).ToString("0.0", CultureInfo.InvariantCulture);

    private static Command Decide()
    {
        var (district, year, localId) = Student();
        var (student, isNew, reason) = (new Option<string?>("--is") { Description = "It is the student with this State ID.", HelpName = "STATEID" }, new Option<bool>("--new") { Description = "It is a new child." }, Reason());
        return Verb("decide", "Decide who a waiting child is; it takes effect at once.", [district, year, localId, student, isNew, reason], async (parsed, data, terminal, cancellation) =>
        {
            if (parsed.GetValue(student) is null != parsed.GetValue(isNew)) throw new UnusableInputException("Say who the child is: --is STATEID, or --new.");
            var edition = Edition(parsed.GetRequiredValue(district), parsed.GetRequiredValue(year));
            var (status, id) = await data.Platform.NearMatches.DecideAsync(edition, parsed.GetRequiredValue(localId), parsed.GetValue(student) is { } text ? Id(text) : null, Given(parsed, reason), By, cancellation);
            if (status != DecideStatus.Decided) throw new UnusableInputException(status switch
            {
                DecideStatus.NoSuchStudent => $"Edition {edition} has no student of that local id.",
                DecideStatus.NoSuchStateId => "There is no student with that State ID.",
                _ => "The student waits for no decision. See 'aim identity queue'.",
            });
            terminal.Say($"The rows are those of State ID {id}.");
            terminal.Result(new { StateId = id, IsNew = parsed.GetValue(isNew) });
            return ExitCode.Done;
        });
    }

    private static Command Merge()
    {
        var (retired, survivor, reason) = (Text("RETIRED", "The State ID that goes."), Text("SURVIVOR", "The State ID that stays."), Reason());
        return Verb("merge", "Merge two State IDs of one child; it can be undone.", [retired, survivor, reason], async (parsed, data, terminal, cancellation) =>
        {
            var (from, to) = (Id(parsed.GetRequiredValue(retired)), Id(parsed.GetRequiredValue(survivor)));
            Check(await data.Platform.IdentityMerges.MergeAsync(from, to, Given(parsed, reason), By, cancellation));
            terminal.Say($"State ID {from} leads to {to}.");
            terminal.Result(await data.Platform.IdentityMerges.FindAsync(from, cancellation));
            return ExitCode.Done;
        });
    }

    private static Command Unmerge()
    {
        var (retired, reason) = (Text("RETIRED", "The State ID that was merged into another."), Reason());
        return Verb("unmerge", "Undo a merge: every row goes back to whose it was.", [retired, reason], async (parsed, data, terminal, cancellation) =>
        {
            var id = Id(parsed.GetRequiredValue(retired));
            Check(await data.Platform.IdentityMerges.UndoAsync(id, Given(parsed, reason), By, cancellation));
            terminal.Say($"State ID {id} is a student of its own again.");
            terminal.Result(await data.Platform.IdentityMerges.FindAsync(id, cancellation));
            return ExitCode.Done;
        });
    }

    private static void Check(MergeStatus status)
    {
        if (status != MergeStatus.Done) throw new UnusableInputException(IdentityMerges.Sentence(status));
    }

    private static Command Scan() => Verb("scan", "Search everybody for two State IDs of one child and one State ID on two children, as every night does. Exit code 1: cases are open.", [], async (_, data, terminal, cancellation) =>
    {
        var stages = new StageClock();
        var scanned = await stages.TimeAsync("scan", () => data.Platform.IdentityScan.RunAsync(cancellation));
        var open = await data.Platform.IdentityCases.ListAsync(null, cancellation).Where(item => item.Status == IdentityCaseStatus.Open).Take(MostListed).ToListAsync(cancellation);
        terminal.Say($"{Plural.Of(scanned.Opened, "case was", "cases were")} opened and {scanned.Cleared} cleared; {Plural.Of(scanned.Open, "is", "are")} open.");
        SaySkipped(terminal, scanned.BlocksSkipped, scanned.PeopleInSkipped);
        terminal.Table(["Case", "Rule", "State IDs", Column.Number("Probability")], open.Select(item => new[] { item.Id, item.Rule, string.Join(' ', item.Students), $"{item.Probability?.ToString("0.000", CultureInfo.InvariantCulture)}" }));
        terminal.Result(new { scanned.Opened, scanned.Cleared, scanned.Open, scanned.BlocksSkipped, scanned.PeopleInSkipped, Cases = open, stages.Seconds });
        return scanned.Open > 0 ? ExitCode.DataHasProblems : ExitCode.Done;
    });

    internal static void SaySkipped(Terminal terminal, int blocks, int people)
    {
        if (blocks > 0) terminal.Say($"{Plural.Of(blocks, "key is", "keys are")} shared by too many to compare all of them by it: {Plural.Of(people, "person has one, and was", "people have one, and were")} compared by what else there is.");
    }
}
