using Aim.Organizations;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>Who a sample student is, in whichever district.</summary>
internal sealed record SamplePerson
{
    /// <summary>Tells a child from all others in the truth files; nothing in the uploads has it.</summary>
    public required int Number { get; init; }

    /// <summary>The number of the twin born first; null for whoever has none, or is it.</summary>
    public int? TwinOf { get; init; }

    /// <summary>The surname under which the state knows the child from earlier years, when it has changed since.</summary>
    public string? FormerLastName { get; init; }

    public required string LastName { get; init; }
    public required string FirstName { get; init; }
    public string? MiddleName { get; init; }
    public string? Suffix { get; init; }
    public required string Gender { get; init; }
    public required DateOnly BirthDate { get; init; }

    /// <summary>EDFacts grade of the year.</summary>
    public required string Grade { get; init; }

    /// <summary>The grade as Montana's files have it, which tell full-day kindergarten from half-day.</summary>
    public string FileGrade => Grade != "KG" ? Grade : IsHalfDay ? "KH" : "KF";

    public bool IsHalfDay { get; init; }

    /// <summary>Hispanic first, then the five races, in the order of the SD layout.</summary>
    public required bool[] Ethnicity { get; init; }

    public required string Language { get; init; }
    public DateOnly? EnteredUs { get; init; }
    public string? Military { get; init; }
    public required string Street { get; init; }
    public required string City { get; init; }
    public required string Zip { get; init; }
    public required string Guardian { get; init; }

    /// <summary>Null for children who come to a public school of the state for the first time and weren't registered before.</summary>
    public StateId? StateId { get; init; }

    /// <summary>True for children who come to a public school of the state for the first time.</summary>
    public bool IsNewcomer { get; init; }
}

/// <summary>One enrollment of a sample student.</summary>
internal sealed record SampleEnrollment(School School, SchoolCalendar Calendar, DateOnly Start, string StartStatus, DateOnly End, string EndStatus)
{
    public bool IsGraduation => EndStatus == "400";

    public bool Covers(DateOnly day) => Start <= day && End >= day;
}

/// <summary>A sample student as one district knows it: what all of its rows are made from.</summary>
internal sealed record SampleStudent(SampleDistrict District, string LocalId, SamplePerson Person, IReadOnlyList<SampleEnrollment> Enrollments)
{
    /// <summary>True when the child is a student under another local id too in this year, nearly always of another district.</summary>
    public bool IsShared { get; init; }

    /// <summary>The grade in which the district had the student the year before; null when it had not, or when there is no such year.</summary>
    public string? PriorGrade { get; init; }

    /// <summary>Flagged as kept out of state counts.</summary>
    public bool IsKeptOut { get; init; }

    public bool IsInHighSchool => Person.Grade is "09" or "10" or "11" or "12";

    public bool IsEnglishLearner { get; init; }
    public bool IsHomeless { get; init; }
    public bool IsGifted { get; init; }
    public bool IsTitleOne { get; init; }
    public bool IsInSpecialEducation { get; init; }
    public bool IsInFosterCare { get; init; }
    public bool IsMigratory { get; init; }
    public bool HasPlan504 { get; init; }

    /// <summary>Hours of instruction a year by the student's schedule.</summary>
    public int AggregateHours { get; init; }

    /// <summary>In schools of the United States for less than three years.</summary>
    public bool IsImmigrant => Person.EnteredUs?.AddYears(3) >= Enrollments[0].Start;

    public bool HasOnlyEnrollments => !IsEnglishLearner && !IsHomeless && !IsGifted && !IsTitleOne && !IsInSpecialEducation && !IsImmigrant && !IsInFosterCare;
}
