-- One row: how many rows the file has, and how often each rule is violated.
WITH line AS (
    SELECT * FROM read_csv('$file', delim = '\t', header = false, skip = 1, auto_detect = false, quote = '', escape = '', null_padding = true,
        columns = {'record_type': 'VARCHAR', 'district_number': 'VARCHAR', 'school_number': 'VARCHAR', 'calendar_number': 'VARCHAR', 'student_state_id': 'VARCHAR', 'student_local_id': 'VARCHAR', 'last_name': 'VARCHAR', 'first_name': 'VARCHAR', 'grade': 'VARCHAR', 'service_type': 'VARCHAR', 'start_date': 'VARCHAR', 'start_status': 'VARCHAR', 'end_date': 'VARCHAR', 'end_status': 'VARCHAR', 'no_show': 'VARCHAR', 'state_exclude': 'VARCHAR', 'diploma_date': 'VARCHAR', 'diploma_type': 'VARCHAR', 'diploma_period': 'VARCHAR', 'resident_district': 'VARCHAR', 'aggregate_hours_planned': 'VARCHAR', 'mode_of_instruction': 'VARCHAR', 'job_corps': 'VARCHAR', 'youth_challenge': 'VARCHAR', 'mtda': 'VARCHAR', 'enrollment_comment': 'VARCHAR', 'end_year': 'VARCHAR', 'extra': 'VARCHAR'})
),
-- Numbers that lost their leading zeros get them back (FMT-008); too long a text is no value (FMT-003).
padded AS (
    SELECT * REPLACE (
        CASE WHEN length(district_number) < 4 AND regexp_full_match(district_number, '[0-9]+') THEN lpad(district_number, 4, '0') WHEN length(district_number) <= 4 THEN district_number END AS district_number,
        CASE WHEN length(school_number) < 4 AND regexp_full_match(school_number, '[0-9]+') THEN lpad(school_number, 4, '0') WHEN length(school_number) <= 4 THEN school_number END AS school_number,
        CASE WHEN length(calendar_number) < 3 AND regexp_full_match(calendar_number, '[0-9]+') THEN lpad(calendar_number, 3, '0') WHEN length(calendar_number) <= 3 THEN calendar_number END AS calendar_number,
        CASE WHEN length(student_state_id) < 9 AND regexp_full_match(student_state_id, '[0-9]+') THEN lpad(student_state_id, 9, '0') WHEN length(student_state_id) <= 9 THEN student_state_id END AS student_state_id,
        CASE WHEN length(resident_district) < 4 AND regexp_full_match(resident_district, '[0-9]+') THEN lpad(resident_district, 4, '0') WHEN length(resident_district) <= 4 THEN resident_district END AS resident_district,
        CASE WHEN length(start_status) < 2 AND regexp_full_match(start_status, '[0-9]+') THEN lpad(start_status, 2, '0') ELSE start_status END AS start_status),
        extra IS NOT NULL OR end_year IS NULL AS has_other_width,
        (coalesce(length(district_number) < 4 AND regexp_full_match(district_number, '[0-9]+'), false))::INTEGER
        + (coalesce(length(school_number) < 4 AND regexp_full_match(school_number, '[0-9]+'), false))::INTEGER
        + (coalesce(length(calendar_number) < 3 AND regexp_full_match(calendar_number, '[0-9]+'), false))::INTEGER
        + (coalesce(length(student_state_id) < 9 AND regexp_full_match(student_state_id, '[0-9]+'), false))::INTEGER
        + (coalesce(length(resident_district) < 4 AND regexp_full_match(resident_district, '[0-9]+'), false))::INTEGER
        + (coalesce(length(start_status) < 2 AND regexp_full_match(start_status, '[0-9]+'), false))::INTEGER AS lost_zeros,
        (coalesce(length(student_local_id) > 20, false))::INTEGER
        + (coalesce(length(last_name) > 50, false))::INTEGER
        + (coalesce(length(first_name) > 50, false))::INTEGER
        + (coalesce(length(enrollment_comment) > 200, false))::INTEGER
        + (coalesce(length(district_number) > 4, false))::INTEGER
        + (coalesce(length(school_number) > 4, false))::INTEGER
        + (coalesce(length(calendar_number) > 3, false))::INTEGER
        + (coalesce(length(student_state_id) > 9, false))::INTEGER
        + (coalesce(length(resident_district) > 4, false))::INTEGER AS too_long,
        (district_number IS NULL)::INTEGER
        + (school_number IS NULL)::INTEGER
        + (calendar_number IS NULL)::INTEGER
        + (student_local_id IS NULL)::INTEGER
        + (grade IS NULL)::INTEGER
        + (service_type IS NULL)::INTEGER
        + (start_date IS NULL)::INTEGER
        + (start_status IS NULL)::INTEGER AS missing
    FROM line
),
-- Values of their types, with what they refer to.
typed AS (
    SELECT p.*,
        coalesce(try_strptime(p.start_date, '%m/%d/%Y'), try_strptime(p.start_date, '%Y-%m-%d'))::DATE AS start_day,
        coalesce(try_strptime(p.end_date, '%m/%d/%Y'), try_strptime(p.end_date, '%Y-%m-%d'))::DATE AS end_day,
        coalesce(try_strptime(p.diploma_date, '%m/%d/%Y'), try_strptime(p.diploma_date, '%Y-%m-%d'))::DATE AS diploma_day,
        TRY_CAST(p.student_state_id AS INTEGER) AS state_id, TRY_CAST(p.aggregate_hours_planned AS INTEGER) AS hours,
        grade_code.code IS NOT NULL AS has_grade, grade_code.valid AS grade_valid,
        service_type_code.code IS NOT NULL AS has_service_type, service_type_code.valid AS service_type_valid,
        start_status_code.code IS NOT NULL AS has_start_status, start_status_code.valid AS start_status_valid,
        end_status_code.code IS NOT NULL AS has_end_status, end_status_code.valid AS end_status_valid,
        diploma_type_code.code IS NOT NULL AS has_diploma_type, diploma_type_code.valid AS diploma_type_valid,
        diploma_period_code.code IS NOT NULL AS has_diploma_period, diploma_period_code.valid AS diploma_period_valid,
        mode_of_instruction_code.code IS NOT NULL AS has_mode_of_instruction, mode_of_instruction_code.valid AS mode_of_instruction_valid,
        grade_code.federal AS federal_grade, grade_code.place AS grade_place, end_status_code.class AS end_class,
        s.number IS NOT NULL AS has_school, s.grades, s.status, s.updated_status, s.status_date, c.number IS NOT NULL AS has_calendar, c.first_day, c.last_day
    FROM padded p
    LEFT JOIN school s ON s.district = '$district' AND s.number = p.school_number
    LEFT JOIN calendar c ON c.district = '$district' AND c.school = p.school_number AND c.number = p.calendar_number
    LEFT JOIN code grade_code ON grade_code.list = 'grade' AND grade_code.code = p.grade
    LEFT JOIN code service_type_code ON service_type_code.list = 'serviceType' AND service_type_code.code = p.service_type
    LEFT JOIN code start_status_code ON start_status_code.list = 'startStatus' AND start_status_code.code = p.start_status
    LEFT JOIN code end_status_code ON end_status_code.list = 'endStatus' AND end_status_code.code = p.end_status
    LEFT JOIN code diploma_type_code ON diploma_type_code.list = 'diplomaType' AND diploma_type_code.code = p.diploma_type
    LEFT JOIN code diploma_period_code ON diploma_period_code.list = 'diplomaPeriod' AND diploma_period_code.code = p.diploma_period
    LEFT JOIN code mode_of_instruction_code ON mode_of_instruction_code.list = 'modeOfInstruction' AND mode_of_instruction_code.code = p.mode_of_instruction
),
-- What the reader of the file says of each row.
formed AS (
    SELECT *,
        (coalesce(start_date IS NOT NULL AND start_day IS NULL, false))::INTEGER
        + (coalesce(end_date IS NOT NULL AND end_day IS NULL, false))::INTEGER
        + (coalesce(diploma_date IS NOT NULL AND diploma_day IS NULL, false))::INTEGER
        + (coalesce(student_state_id IS NOT NULL AND (length(student_state_id) <> 9 OR state_id IS NULL OR state_id <= 0), false))::INTEGER
        + (coalesce(aggregate_hours_planned IS NOT NULL AND (hours IS NULL OR hours < 0 OR length(aggregate_hours_planned) > 4), false))::INTEGER AS bad_value,
        (record_type IS DISTINCT FROM 'EN')::INTEGER AS other_type,
        coalesce(district_number <> '$district', false)::INTEGER AS other_district,
        (end_year IS DISTINCT FROM '$year')::INTEGER AS other_year,
        (coalesce(grade IS NOT NULL AND NOT has_grade AND length(grade) <= 2, false))::INTEGER
        + (coalesce(service_type IS NOT NULL AND NOT has_service_type AND length(service_type) <= 1, false))::INTEGER
        + (coalesce(start_status IS NOT NULL AND NOT has_start_status AND length(start_status) <= 2, false))::INTEGER
        + (coalesce(end_status IS NOT NULL AND NOT has_end_status AND length(end_status) <= 3, false))::INTEGER
        + (coalesce(diploma_type IS NOT NULL AND NOT has_diploma_type AND length(diploma_type) <= 1, false))::INTEGER
        + (coalesce(diploma_period IS NOT NULL AND NOT has_diploma_period AND length(diploma_period) <= 1, false))::INTEGER
        + (coalesce(mode_of_instruction IS NOT NULL AND NOT has_mode_of_instruction AND length(mode_of_instruction) <= 2, false))::INTEGER
        + (coalesce(no_show NOT IN ('Y', 'N', 'y', 'n'), false))::INTEGER
        + (coalesce(state_exclude NOT IN ('Y', 'N', 'y', 'n'), false))::INTEGER
        + (coalesce(job_corps NOT IN ('Y', 'N', 'y', 'n'), false))::INTEGER
        + (coalesce(youth_challenge NOT IN ('Y', 'N', 'y', 'n'), false))::INTEGER
        + (coalesce(mtda NOT IN ('Y', 'N', 'y', 'n'), false))::INTEGER AS unknown_code,
        (coalesce(grade IS NOT NULL AND NOT has_grade AND length(grade) > 2, false))::INTEGER
        + (coalesce(service_type IS NOT NULL AND NOT has_service_type AND length(service_type) > 1, false))::INTEGER
        + (coalesce(start_status IS NOT NULL AND NOT has_start_status AND length(start_status) > 2, false))::INTEGER
        + (coalesce(end_status IS NOT NULL AND NOT has_end_status AND length(end_status) > 3, false))::INTEGER
        + (coalesce(diploma_type IS NOT NULL AND NOT has_diploma_type AND length(diploma_type) > 1, false))::INTEGER
        + (coalesce(diploma_period IS NOT NULL AND NOT has_diploma_period AND length(diploma_period) > 1, false))::INTEGER
        + (coalesce(mode_of_instruction IS NOT NULL AND NOT has_mode_of_instruction AND length(mode_of_instruction) > 2, false))::INTEGER AS too_long_code,
        (coalesce(has_grade AND NOT grade_valid, false))::INTEGER
        + (coalesce(has_service_type AND NOT service_type_valid, false))::INTEGER
        + (coalesce(has_start_status AND NOT start_status_valid, false))::INTEGER
        + (coalesce(has_end_status AND NOT end_status_valid, false))::INTEGER
        + (coalesce(has_diploma_type AND NOT diploma_type_valid, false))::INTEGER
        + (coalesce(has_diploma_period AND NOT diploma_period_valid, false))::INTEGER
        + (coalesce(has_mode_of_instruction AND NOT mode_of_instruction_valid, false))::INTEGER AS outdated_code
    FROM typed
),
-- Rules about a record see only rows that became one.
judged AS (
    SELECT *, NOT has_other_width AND too_long + too_long_code + bad_value + other_type + other_district + other_year + missing + unknown_code = 0 AS is_record
    FROM formed
)
SELECT count(*) AS "rows",
    sum(has_other_width::INTEGER) AS "FMT-002",
    sum(too_long + too_long_code) FILTER (NOT has_other_width) AS "FMT-003",
    sum(bad_value) FILTER (NOT has_other_width) AS "FMT-004",
    sum(other_type) FILTER (NOT has_other_width) AS "FMT-005",
    sum(other_district) FILTER (NOT has_other_width) AS "FMT-006",
    sum(lost_zeros) FILTER (NOT has_other_width) AS "FMT-008",
    sum(missing) FILTER (NOT has_other_width) AS "FMT-009",
    sum(other_year) FILTER (NOT has_other_width) AS "FMT-011",
    sum(unknown_code) FILTER (NOT has_other_width) AS "REF-005",
    sum(outdated_code) FILTER (NOT has_other_width) AS "REF-006",
    count(*) FILTER (is_record AND (NOT has_school OR coalesce(CASE
        WHEN updated_status IN (2, 6) THEN start_day >= status_date
        ELSE status IN (2, 6, 7) AND (updated_status IS NULL OR start_day < status_date) END, false))) AS "REF-001",
    count(*) FILTER (is_record AND (has_school AND NOT has_calendar)) AS "REF-002",
    count(*) FILTER (is_record AND (end_day < start_day)) AS "ENR-001",
    count(*) FILTER (is_record AND (has_calendar AND (start_day < first_day OR start_day > last_day OR end_day > last_day OR end_day < first_day))) AS "ENR-002",
    count(*) FILTER (is_record AND ((end_day IS NULL) <> (end_status IS NULL))) AS "ENR-005",
    count(*) FILTER (is_record AND (end_class = 'Graduate' AND (diploma_day IS NULL OR diploma_type IS NULL))) AS "ENR-011",
    count(*) FILTER (is_record AND (end_class = 'Graduate' AND grade_place < 12)) AS "ENR-011B",
    count(*) FILTER (is_record AND (has_school AND NOT list_contains(grades, federal_grade))) AS "ENR-012",
    count(*) FILTER (is_record AND (end_day IS NULL AND has_calendar AND DATE '$as_of' > last_day)) AS "ENR-014"
FROM judged
