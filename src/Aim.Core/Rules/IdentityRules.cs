using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules that compare what a row says with what the state knows of the child; raised by identity resolution.</summary>
public static class IdentityRules
{
    private const string Field = "StudentStateId";

    public static readonly Rule UnknownStateId = new("REF-003", Fatal, RuleScope.Identity, Field, "State ID unknown",
        "No student has the State ID {Value}.", "Correct the State ID, or leave it empty to have one assigned.") { Basis = "CALPADS SENR0007", Records = RecordTypes.OfStudents };

    public static readonly Rule RetiredStateId = new("REF-004", Error, RuleScope.Identity, Field, "State ID retired",
        "The State ID {Value} was merged into {Expected}.", "Use the surviving State ID in your system from now on.") { Basis = "CALPADS SENR0008", Records = RecordTypes.OfStudents };

    public static readonly Rule OtherIdentity = new("REF-007", Warning, RuleScope.Identity, Field, "State ID of another child?",
        "The row {Comparison} the student with State ID {Value}; {Outcome}.",
        "Check State ID, names, birth date and gender against the student's papers. A State ID that isn't the student's is corrected, or left empty: then the student is looked for by the rest. The state office can look it up.") { Basis = "AIM student locator", Records = [RecordTypes.Student] };

    public static readonly Rule NearMatch = new("IDN-003", Warning, RuleScope.Identity, "LastName", "Possible match waits for a decision",
        "The state has a student who may be the same child, {Why}; the student's rows are kept aside until a person has decided.",
        "Nothing to correct; if you know the State ID, put it into the SD row. A child that is there twice is sent under one local id.") { Basis = "Three-outcome matching", Records = [RecordTypes.Student] };

    public static readonly Rule TwoStateIds = new("IDN-004", Error, RuleScope.Identity, Field, "Two State IDs that look like one child",
        "Two State IDs have names, birth dates and genders so alike that they are probably one child.",
        "The state office merges the two, or notes that they are two children.") { Basis = "Duplicate IDs report", Records = [RecordTypes.Student] };

    public static readonly Rule TwoChildren = new("IDN-005", Error, RuleScope.Identity, Field, "One State ID on two children",
        "What is said under two local ids of the child with one State ID differs in first name, birth date or gender.",
        "The state office decides whose State ID it is, and the other child gets its own; or notes that they are one child.") { Basis = "CALPADS multiple identifiers", Records = [RecordTypes.Student] };

    public static IEnumerable<Rule> All => [UnknownStateId, RetiredStateId, OtherIdentity, NearMatch, TwoStateIds, TwoChildren];
}
