using Aim.Records;
using static Aim.Rules.Severity;

namespace Aim.Rules;

/// <summary>Rules about programs, English learners and special education.</summary>
internal static class ProgramRules
{
    /// <summary>An immigrant child has attended schools of the United States for less than three full years (ESEA 3201(5)).</summary>
    private const int ImmigrantYears = 3;

    /// <summary>States may use developmental delay for children aged 3 through 9 (34 CFR 300.8(b)).</summary>
    private const int OldestDevelopmentalDelay = 9;

    public static readonly RowRule<ProgramParticipation>[] ProgramRow =
    [
        .. SchoolRules.For<ProgramParticipation>((program, facts) => program.StartDate ?? facts.AsOf),

        PeriodRules.EndBeforeStart<ProgramParticipation>(program => program.StartDate, program => program.EndDate),

        new(new("PRG-002", Error, RuleScope.Row, nameof(ProgramParticipation.Attribute1), "Homeless without nighttime residence",
                "The student is marked homeless, but the primary nighttime residence (Attribute1) is {Attribute1}.",
                "Give STH (shelter), HM (hotel or motel), D (doubled-up) or U (unsheltered) in Attribute1.") { Basis = "EDFacts FS118" },
            (p, _) => CodeSets.Program.ClassOf(p.Program) == CodeClass.Homeless && CodeSets.ProgramAttribute.ClassOf(p.Attribute1) != CodeClass.Residence),
    ];

    public static readonly RowRule<EnglishLearner>[] EnglishLearnerRow =
    [
        .. SchoolRules.ForPeriod<EnglishLearner>(learner => learner.ExitDate),

        new(new("PRG-012", Fatal, RuleScope.Row, nameof(EnglishLearner.ExitDate), "English learner exit before identification",
                "The student left English learner status on {ExitDate}, before the identification on {IdentifiedDate}.", "Correct one of the two dates.") { Basis = "Practice of state collections" },
            (l, _) => l.ExitDate < l.IdentifiedDate),

        new(new("PRG-003", Warning, RuleScope.Row, nameof(EnglishLearner.ElpTestDate), "English learner exit without test score",
                "The student left English learner status on {ExitDate}, but the test date is {ElpTestDate} and the level is {ElpLevel}.",
                "Give the day and level of the English language proficiency test the exit rests on.") { Basis = "ESEA Title III exit procedures" },
            (l, _) => l.ExitDate is not null && (l.ElpTestDate is null || l.ElpLevel is null)),
    ];

    public static readonly RowRule<SpecialEducation>[] SpecialEducationRow =
    [
        .. SchoolRules.ForPeriod<SpecialEducation>(special => special.ExitDate ?? special.IepEnd),

        new(new("SPD-001", Error, RuleScope.Row, nameof(SpecialEducation.Locked), "IEP not locked on child-count day",
                "The IEP from {IepStart} to {IepEnd} covers child-count day, but it is not locked.",
                "Lock the IEP: only locked ones are in the child count.") { Basis = "AIM: IEPs and evaluation reports are locked before the snapshot" },
            (s, f) => Ages.FallCountDay(f.Year) is var day && f.AsOf >= day && s.IepStart <= day && (s.ExitDate ?? s.IepEnd ?? DateOnly.MaxValue) >= day && s.Locked != true),

        new(new("SPD-004", Fatal, RuleScope.Row, nameof(SpecialEducation.IepEnd), "IEP ends before it starts",
                "The IEP starts on {IepStart}; its end {IepEnd} or the exit {ExitDate} is before that.", "Correct the dates.") { Basis = "Practice of state collections" },
            (s, _) => s.IepEnd < s.IepStart || s.ExitDate < s.IepStart),

        new(new("SPD-003", Error, RuleScope.Row, nameof(SpecialEducation.ExitReason), "Special education ended without reason",
                "The exit date is {ExitDate} and the exit reason is {ExitReason}.", "Give both, or neither while the student is served.") { Basis = "EDFacts FS009" },
            (s, _) => s.ExitDate is null != s.ExitReason is null),
    ];

    public static readonly StudentRule[] Student =
    [
        new(new("PRG-001", Error, RuleScope.Student, nameof(ProgramParticipation.StartDate), "Program outside the enrollment",
                "The program runs from {StartDate} to {EndDate}, partly or wholly outside the student's enrollments.",
                "Correct the program's dates, or send the enrollment they belong to.") { Basis = "AIM program participation" },
            (view, _) => view.Programs.Where(p => !view.IsEnrolledOn(p.Record.StartDate) || p.Record.EndDate is { } end && !view.IsEnrolledOn(end)),
            RecordTypes.ProgramParticipation, RecordTypes.Enrollment),

        new(new("PRG-003B", Warning, RuleScope.Student, nameof(ProgramParticipation.StartDate), "Immigrant without recent entry date",
                "The student is marked immigrant, but the date of entry into schools of the United States is missing or more than three years before {StartDate}.",
                "Fill in DateEnteredUS in the student's SD row, or end the program.") { Basis = "ESEA 3201(5)" },
            (view, _) => view.Programs.Where(p => CodeSets.Program.ClassOf(p.Record.Program) == CodeClass.Immigrant && view.Student is { Record: var student } &&
                (student.DateEnteredUS is not { } entered || entered.AddYears(ImmigrantYears) < p.Record.StartDate)),
            RecordTypes.ProgramParticipation, RecordTypes.Student),

        new(new("PRG-011", Warning, RuleScope.Student, nameof(ProgramParticipation.Program), "Homeless and in foster care at once",
                "The student is marked homeless from {StartDate}, while also in foster care; a child placed in foster care is not homeless by that.",
                "End the one that does not hold; if the child was homeless and in foster care at once, acknowledge the finding.") { Basis = "42 USC 11434a(2), as changed by ESSA" },
            (view, _) => view.Programs.Where(p => IsOf(p, CodeClass.Homeless) && view.Programs.Exists(other => IsOf(other, CodeClass.FosterCare) && PeriodRules.OverlapWithin(p.Record.StartDate, p.Record.EndDate, other.Record.StartDate, other.Record.EndDate))),
            RecordTypes.ProgramParticipation),

        new(new("SPD-002", Error, RuleScope.Student, nameof(SpecialEducation.Environment), "Disability or environment does not fit the age",
                "Disability {PrimaryDisability} or environment {Environment} is not used for a child of this age and grade.",
                "Use a school-age environment from age 6, or age 5 in kindergarten, and an early-childhood one before; developmental delay ends at 9.")
                { Basis = "EDFacts FS002 and FS089; 34 CFR 300.8(b)" },
            (view, facts) => view.SpecialEducation.Where(s => !FitsAge(s.Record, view, facts)),
            RecordTypes.SpecialEducation, RecordTypes.Student, RecordTypes.Enrollment),

        new(new("SPD-003B", Warning, RuleScope.Student, nameof(SpecialEducation.ExitReason), "Special education exit contradicts the enrollment's end",
                "The exit reason {ExitReason} does not fit the end status of the student's last enrollment.",
                "Correct the exit reason or the end status of the enrollment.") { Basis = "EDFacts FS009" },
            (view, _) => view.SpecialEducation.Where(s => Contradicts(s.Record, view)),
            RecordTypes.SpecialEducation, RecordTypes.Enrollment),
    ];

    private static bool IsOf(Entry<ProgramParticipation> program, string codeClass) => CodeSets.Program.ClassOf(program.Record.Program) == codeClass;

    private static bool FitsAge(SpecialEducation record, StudentView view, StudentFacts facts)
    {
        if (view.Student is not { Record.BirthDate: { } birth } || view.Enrollments.Count == 0) return true;
        var age = Ages.On(birth, Ages.FallCountDay(facts.Year));
        var inKindergartenOrAbove = view.Enrollments.Any(e => CodeSets.Grade.Find(e.Record.Grade)?.Order >= 0);
        var isSchoolAge = age >= 6 || age == 5 && inKindergartenOrAbove;
        if (CodeSets.Disability.ClassOf(record.PrimaryDisability) == CodeClass.DevelopmentalDelay && age > OldestDevelopmentalDelay) return false;
        return CodeSets.Environment.ClassOf(record.Environment) switch
        {
            CodeClass.SchoolAge => isSchoolAge,
            CodeClass.EarlyChildhood => !isSchoolAge,
            _ => true,
        };
    }

    private static bool Contradicts(SpecialEducation record, StudentView view)
    {
        if (record.ExitReason is null || view.Enrollments.LastOrDefault(e => e.Record.EndStatus is not null) is not { Record: var last }) return false;
        var end = CodeSets.EndStatus.ClassOf(last.EndStatus);
        return CodeSets.SpecialEducationExit.ClassOf(record.ExitReason) switch
        {
            CodeClass.Graduate => end != CodeClass.Graduate,
            CodeClass.Dropout => end != CodeClass.Dropout,
            CodeClass.Deceased => end != CodeClass.Deceased,
            CodeClass.Moved => end is CodeClass.Graduate or CodeClass.Dropout or CodeClass.Deceased or CodeClass.YearEnd,
            _ => false,
        };
    }
}
