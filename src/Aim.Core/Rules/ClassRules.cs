using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about classes, who is in them, and marks.</summary>
internal static class ClassRules
{
    private static readonly Rule Backwards = new("CLS-001", Fatal, RuleScope.Row, nameof(RosterEntry.EndDate), "Class or membership ends before it starts",
        "The end date {EndDate} is before the start date {StartDate}.", "Correct one of the two dates.") { Basis = "AIM section and roster: start before end" };

    public static readonly RowRule<CourseSection>[] SectionRow =
    [
        .. SchoolRules.For<CourseSection>((section, facts) => section.StartDate ?? facts.AsOf),
        new(Backwards, (section, _) => section.EndDate < section.StartDate),
    ];

    public static readonly RowRule<RosterEntry>[] RosterRow =
    [
        .. SchoolRules.For<RosterEntry>((entry, facts) => entry.StartDate ?? facts.AsOf),
        new(Backwards, (entry, _) => entry.EndDate < entry.StartDate),
    ];

    public static readonly RowRule<Mark>[] MarkRow = SchoolRules.ForYear<Mark>();

    public static readonly StudentRule[] Student =
    [
        new(new("REF-010", Error, RuleScope.Student, nameof(RosterEntry.SectionNumber), "Section unknown", "The district has sent no section {SectionNumber}.",
                "Upload the section (SU), or correct the number.") { Basis = "AIM section before roster" },
            (view, facts) => view.Of(RecordTypes.RosterEntry).Where(entry => facts.Classes?.FindSection(entry.Record.SectionNumber) is null).Concat<ViewEntry>(
                view.Of(RecordTypes.Mark).Where(mark => facts.Classes?.FindSection(mark.Record.SectionNumber) is null)),
            RecordTypes.RosterEntry, RecordTypes.Mark)
            { NeedsClasses = true, JudgesRowsAlone = true, Cause = entry => entry is Entry<RosterEntry> roster ? roster.Record.SectionNumber : ((Entry<Mark>)entry).Record.SectionNumber },

        new(new("REF-011", Error, RuleScope.Student, nameof(CourseSection.CourseNumber), "Course unknown", "The district has sent no course {CourseNumber}.",
                "Upload the course (CO), or correct the number.") { Basis = "AIM course before section" },
            (view, facts) => view.Of(RecordTypes.CourseSection).Where(section => facts.Classes?.HasCourse(section.Record.CourseNumber) != true), RecordTypes.CourseSection)
            { NeedsClasses = true, Cause = entry => ((Entry<CourseSection>)entry).Record.CourseNumber },

        new(new("REF-012", Error, RuleScope.Student, nameof(CourseSection.TeacherLocalId), "Teacher unknown", "The district has sent no staff member {TeacherLocalId}.",
                "Upload the teacher (ST), or correct the number.") { Basis = "AIM teacher and class" },
            (view, facts) => view.Of(RecordTypes.CourseSection).Where(section => section.Record.TeacherLocalId is { } teacher && facts.Classes?.HasStaff(teacher) != true), RecordTypes.CourseSection)
            { NeedsClasses = true, Cause = entry => ((Entry<CourseSection>)entry).Record.TeacherLocalId },

        new(new("CLS-002", Warning, RuleScope.Student, nameof(RosterEntry.StartDate), "In the class before it begins or after it ends",
                "The student is in section {SectionNumber} from {StartDate} to {EndDate}, partly outside the days of the class.",
                "Correct the dates of the roster row or of the section.") { Basis = "AIM roster" },
            (view, facts) => view.Of(RecordTypes.RosterEntry).Where(entry => facts.Classes?.FindSection(entry.Record.SectionNumber) is { } section && IsOutside(entry.Record, section)),
            RecordTypes.RosterEntry) { NeedsClasses = true },

        new(new("CLS-003", Warning, RuleScope.Student, nameof(Mark.SectionNumber), "Mark for a class that the student is not in",
                "The student has a mark in section {SectionNumber}, but is not on its roster.", "Send the roster row (RU), or correct the section of the mark.") { Basis = "AIM roster" },
            (view, facts) => view.Of(RecordTypes.Mark).Where(mark => facts.Classes?.FindSection(mark.Record.SectionNumber) is not null &&
                !view.Of(RecordTypes.RosterEntry).Exists(entry => entry.Record.SectionNumber == mark.Record.SectionNumber)),
            RecordTypes.Mark, RecordTypes.RosterEntry) { NeedsClasses = true },
    ];

    private static bool IsOutside(RosterEntry entry, CourseSection section) =>
        entry.StartDate < section.StartDate || entry.StartDate > section.EndDate || entry.EndDate > section.EndDate;
}
