using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about behavior incidents and what followed.</summary>
internal static class BehaviorRules
{
    private const string Resolution = nameof(BehaviorIncident.Resolution);

    public static readonly RowRule<BehaviorIncident>[] Row =
    [
        .. SchoolRules.For<BehaviorIncident>((incident, facts) => incident.IncidentDate ?? facts.AsOf),

        new(new("BEH-003", Error, RuleScope.Row, nameof(BehaviorIncident.Weapon), "Weapon incident without a weapon", "The event {Event} is about a weapon, but the weapon is empty.",
                "Give the weapon, or correct the event.") { Basis = "EDFacts FS005, FS086 and FS094" },
            (b, _) => CodeSets.BehaviorEvent.ClassOf(b.Event) == CodeClass.Weapon && b.Weapon is null),

        new(new("BEH-004", Error, RuleScope.Row, nameof(BehaviorIncident.RemovalDays), "Days of removal and resolution contradict each other",
                "The resolution is {Resolution}, the interim removal {InterimRemoval}, and the number of days of removal {RemovalDays}.",
                "Give the days for a suspension, expulsion or interim removal; leave them empty for any other resolution.") { Basis = "EDFacts FS006, FS007 and FS143" },
            (b, _) => b.RemovalDays > 0 != (IsRemoval(b) || b.InterimRemoval is not null)),

        new(new("BEH-005", Warning, RuleScope.Row, Resolution, "Firearm without expulsion",
                "The weapon {Weapon} is a firearm, but the resolution {Resolution} is no expulsion.",
                "Correct weapon or resolution; where the head of the district shortened the expulsion case by case, use the resolution for that.") { Basis = "Gun-Free Schools Act, 20 USC 7961" },
            (b, _) => CodeSets.Weapon.ClassOf(b.Weapon) == CodeClass.Firearm && CodeSets.BehaviorResolution.ClassOf(b.Resolution) != CodeClass.Expulsion),
    ];

    public static readonly StudentRule[] Student =
    [
        new(new("BEH-002", Error, RuleScope.Student, nameof(BehaviorIncident.IncidentDate), "Incident outside the enrollment",
                "The incident was on {IncidentDate}, when the student was not enrolled in the district.", "Correct the date, or send the enrollment it belongs to.") { Basis = "Practice of state collections" },
            (view, _) => view.Of(RecordTypes.BehaviorIncident).Where(incident => !view.IsEnrolledOn(incident.Record.IncidentDate)), RecordTypes.BehaviorIncident, RecordTypes.Enrollment),

        new(new("BEH-006", Error, RuleScope.Student, nameof(BehaviorIncident.InterimRemoval), "Interim removal of a student who is not under IDEA",
                "The interim removal {InterimRemoval} is one of IDEA, but the student has no special education record that lasted until {IncidentDate}.",
                "Leave the interim removal empty, or send the SE row.") { Basis = "34 CFR 300.530(g) and 300.532" },
            (view, _) => view.Of(RecordTypes.BehaviorIncident).Where(incident => incident.Record is { InterimRemoval: not null } behavior &&
                !view.SpecialEducation.Exists(special => !(special.Record.ExitDate < behavior.IncidentDate))),
            RecordTypes.BehaviorIncident, RecordTypes.SpecialEducation),
    ];

    private static bool IsRemoval(BehaviorIncident incident) =>
        CodeSets.BehaviorResolution.ClassOf(incident.Resolution) is CodeClass.InSchool or CodeClass.OutOfSchool or CodeClass.Expulsion;
}
