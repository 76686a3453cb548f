using System.Globalization;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>
/// Makes behavior incidents: of one student in twenty, more in grades 6 to 10. A fight can have others of the same school in it, under the
/// same number.
/// </summary>
internal sealed class BehaviorRows(SampleRandom random, SchoolYear year)
{
    private static readonly (string, double)[] Events =
        [("DIS", 0.36), ("FGT", 0.15), ("TOB", 0.14), ("BUL", 0.09), ("THF", 0.06), ("THR", 0.06), ("DRG", 0.05), ("ASL", 0.03), ("ALC", 0.02), ("WPN", 0.008), ("INJ", 0.002), ("OTH", 0.03)];

    private readonly SampleLayout incidents = SampleLayout.Of(RecordTypes.BehaviorIncident, year);
    private readonly Dictionary<(DistrictId, string), (string Number, DateOnly Day, SampleStudent Student)> fights = [];
    private int number;

    public IEnumerable<SampleRow> Of(SampleStudent student, IReadOnlyList<SampleAttendance> attendance)
    {
        foreach (var item in attendance)
        {
            var school = (item.Enrollment.School.District, item.Enrollment.School.Number);
            if (!random.Chance(Share(student.Person.Grade))) continue;
            for (var count = random.Weighted<int>([(1, 0.7), (2, 0.2), (3, 0.1)]); count > 0; count--)
                if (Incident(student, item, school) is { } row) yield return row;
        }
    }

    private static double Share(string grade) => grade switch
    {
        "PK" or "KG" or "01" or "02" => 0.014,
        "03" or "04" or "05" => 0.03,
        "06" or "07" or "08" or "09" or "10" => 0.085,
        _ => 0.04,
    };

    private SampleRow? Incident(SampleStudent student, SampleAttendance attendance, (DistrictId, string) school)
    {
        var day = attendance.PresentDay(random);
        if (day is null) return null;
        var what = random.Weighted<string>(Events);
        var id = $"B{++number}";
        if (what == "FGT")
        {
            if (fights.TryGetValue(school, out var fight) && fight.Student != student && attendance.IsPresent(fight.Day)) (id, day) = (fight.Number, fight.Day);
            fights[school] = (id, day.Value, student);
        }
        return incidents.Row(student, attendance.Enrollment.School, attendance.Enrollment.Calendar, [("IncidentId", id), ("IncidentDate", FileDate.Of(day)), ("EventCode", what), .. Consequence(student, what, day.Value)]);
    }

    private (string, string)[] Consequence(SampleStudent student, string what, DateOnly day)
    {
        var isGrave = what is "WPN" or "INJ" or "DRG";
        var weapon = what == "WPN" ? random.Weighted<string>([("KN", 0.7), ("OT", 0.2), ("HG", 0.06), ("RS", 0.04)]) : "";
        var resolution = isGrave ? random.Weighted<string>([("OSS", 0.8), ("EXS", 0.12), ("EXM", 0.05), ("EXP", 0.03)]) : random.Weighted<string>([("DET", 0.35), ("CON", 0.2), ("ISS", 0.23), ("OSS", 0.2), ("OTH", 0.02)]);
        // A firearm means expulsion (Gun-Free Schools Act).
        if (weapon is "HG" or "RS") resolution = "EXS";
        var removed = resolution switch { "ISS" => random.Between(1, 3), "OSS" => random.Between(1, isGrave ? 10 : 5), "EXS" or "EXM" or "EXP" => random.Between(11, 90), _ => 0 };
        // By October every IEP of the year has begun.
        var isInterim = isGrave && student.IsInSpecialEducation && day.Month != 8 && day.Month != 9 && resolution == "OSS" && random.Chance(0.3);
        return [("WeaponCode", weapon), ("ResolutionCode", resolution), ("RemovalDays", removed == 0 ? "" : removed.ToString(CultureInfo.InvariantCulture)),
            ("InterimRemoval", isInterim ? what : ""), ("EducationalServices", removed == 0 ? "" : resolution is "EXP" ? "N" : "Y")];
    }
}
