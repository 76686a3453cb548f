namespace Aim.Host.Generate;

/// <summary>
/// A student's year in one calendar, day by day: what totals, count days and daily attendance are all taken from, so that they agree.
/// </summary>
internal sealed class SampleAttendance
{
    private const int CountedStreak = 10;

    private readonly List<DateOnly> enrolled;
    private readonly HashSet<DateOnly> missed;

    private SampleAttendance(SampleEnrollment enrollment, List<DateOnly> enrolled, HashSet<DateOnly> missed)
    {
        Enrollment = enrollment;
        this.enrolled = enrolled;
        this.missed = missed;
    }

    /// <summary>The first of the enrollments in the calendar.</summary>
    public SampleEnrollment Enrollment { get; }

    public int DaysEnrolled => enrolled.Count;
    public int DaysAbsent => missed.Count;

    public bool IsPresent(DateOnly day) => enrolled.BinarySearch(day) >= 0 && !missed.Contains(day);

    /// <summary>Any day on which the student was in school; null when there is none.</summary>
    public DateOnly? PresentDay(SampleRandom random)
    {
        if (enrolled.Count == missed.Count) return null;
        while (true) if (random.Pick(enrolled) is var day && !missed.Contains(day)) return day;
    }

    /// <summary>School days missed in a row, up to and including that one.</summary>
    public int StreakOn(DateOnly day)
    {
        var streak = 0;
        for (var i = enrolled.BinarySearch(day); i >= 0 && missed.Contains(enrolled[i]); i--) streak++;
        return streak;
    }

    public static bool IsExcluded(int streak) => streak > CountedStreak;

    /// <summary>The letters of a month, one a day: dots outside school and enrollment.</summary>
    public string Month(DateOnly first, SampleRandom random)
    {
        var letters = new char[DateTime.DaysInMonth(first.Year, first.Month)];
        Array.Fill(letters, '.');
        foreach (var day in enrolled.Where(day => day.Year == first.Year && day.Month == first.Month))
            letters[day.Day - 1] = missed.Contains(day) ? random.Chance(0.7) ? 'E' : 'U' : random.Chance(0.02) ? 'T' : 'P';
        return new string(letters);
    }

    public IEnumerable<DateOnly> Months => enrolled.Select(day => new DateOnly(day.Year, day.Month, 1)).Distinct();

    /// <summary>A student's attendance in each calendar.</summary>
    public static IEnumerable<SampleAttendance> Of(SampleStudent student, SchoolDays days, SampleRandom random)
    {
        var rate = Rate(random);
        foreach (var enrollments in student.Enrollments.GroupBy(enrollment => (enrollment.School.Number, enrollment.Calendar.Number)))
        {
            var enrolled = enrollments.SelectMany(enrollment => days.Between(enrollment.Start, enrollment.End)).ToList();
            yield return new SampleAttendance(enrollments.First(), enrolled, Missed(enrolled, rate, student.District.IsHosted, random));
        }
    }

    /// <summary>The share of days that a student misses: about 7 % in the mean; one in six is chronically absent, that is 10 % or more.</summary>
    private static double Rate(SampleRandom random) =>
        random.Chance(0.17) ? 0.1 + 0.22 * Math.Pow(random.Share(), 2) : 0.005 + 0.085 * random.Share();

    private static HashSet<DateOnly> Missed(List<DateOnly> enrolled, double rate, bool isSmall, SampleRandom random)
    {
        // Where a school has a handful of students, everyone misses a day: a school without any absence is a mistake to the state.
        var least = isSmall && enrolled.Count > 3 ? 1 : 0;
        var count = Math.Max(least, (int)Math.Round(rate * enrolled.Count));
        var missed = new HashSet<DateOnly>(count);
        while (missed.Count < count) missed.Add(random.Pick(enrolled));
        if (enrolled.Count > 90 && random.Chance(0.003)) AddLongAbsence(missed, enrolled, random);
        return missed;
    }

    private static void AddLongAbsence(HashSet<DateOnly> missed, List<DateOnly> enrolled, SampleRandom random)
    {
        var length = random.Between(12, 25);
        var first = random.Next(enrolled.Count - length);
        for (var i = first; i < first + length; i++) missed.Add(enrolled[i]);
    }
}
