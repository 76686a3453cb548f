using System.Globalization;
using Aim.Records;

namespace Aim.Host.Generate;

/// <summary>Makes a student's assessment results: mathematics and reading in grades 3 to 8 and 11, science in 5, 8 and 11, and English language proficiency of English learners.</summary>
internal sealed class AssessmentRows(SampleRandom random, SchoolYear year, SchoolDays days)
{
    private static readonly string[] Tested = ["03", "04", "05", "06", "07", "08", "11"];
    private static readonly string[] TestedInScience = ["05", "08", "11"];

    private readonly SampleLayout results = SampleLayout.Of(RecordTypes.AssessmentResult, year);

    /// <summary>Whether a student like that has results.</summary>
    public static bool IsTested(SampleStudent student) => Tested.Contains(student.Person.Grade) || student.IsEnglishLearner;

    public IEnumerable<SampleRow> Of(SampleStudent student)
    {
        var grade = student.Person.Grade;
        if (Tested.Contains(grade))
        {
            // One in ten of those in special education takes the alternate assessment; grade 11 takes a national college entrance test.
            var assessment = student.IsInSpecialEducation && random.Chance(0.1) ? "ALT" : grade == "11" ? "NRH" : "REG";
            string[] subjects = TestedInScience.Contains(grade) ? ["MA", "RLA", "SCI"] : ["MA", "RLA"];
            var first = days.From(new DateOnly(year.EndYear, 4, 6).AddDays(random.Next(25)));
            foreach (var subject in subjects)
            {
                if (Result(student, assessment, subject, first) is { } row) yield return row;
                first = days.From(first.AddDays(1));
            }
        }
        if (student.IsEnglishLearner && Result(student, "ELP", "ELP", days.From(new DateOnly(year.EndYear, 1, 20).AddDays(random.Next(28)))) is { } proficiency)
        {
            proficiency["FirstAssessed"] = student.Person.IsNewcomer ? "Y" : "N";
            yield return proficiency;
        }
    }

    /// <summary>Null when the student isn't enrolled on that day.</summary>
    private SampleRow? Result(SampleStudent student, string assessment, string subject, DateOnly day)
    {
        if (student.Enrollments.FirstOrDefault(enrollment => enrollment.Covers(day)) is not { } enrolled) return null;
        var participation = random.Weighted<string>([("P", 0.96), ("N", 0.036), ("X", 0.004)]);
        var row = results.Row(student, enrolled.School, enrolled.Calendar,
            ("Assessment", assessment), ("Subject", subject), ("Grade", student.Person.FileGrade), ("TestDate", FileDate.Of(day)), ("Participation", participation));
        if (participation != "P")
        {
            row["TestDate"] = "";
            return row;
        }
        var level = random.Weighted<int>([(1, 0.27), (2, 0.28), (3, 0.29), (4, 0.16)]);
        row["Accommodations"] = (student.IsInSpecialEducation || student.HasPlan504 || student.IsEnglishLearner) && random.Chance(0.6) ? "Y" : "N";
        row["ScaleScore"] = Score(assessment, level).ToString(CultureInfo.InvariantCulture);
        row["PerformanceLevel"] = level.ToString(CultureInfo.InvariantCulture);
        return row;
    }

    /// <summary>On the scale of the test: 1 to 36 for college entrance, hundreds for language proficiency, thousands for the state's own.</summary>
    private int Score(string assessment, int level) => assessment switch
    {
        "NRH" => 7 * level + random.Between(1, 7),
        "ELP" => 200 + 50 * level + random.Next(50),
        _ => 2150 + 100 * level + random.Next(100),
    };
}
