# SPDX-FileCopyrightText: 2026 The vcwallet authors
# SPDX-License-Identifier: Apache-2.0
"""Codes of the Immigration Control and Refugee Recognition Act: statuses of residence, and who is on a register.

The English words of a status are the official ones, shortened where the law enumerates.

    >>> StatusOfResidence.SPECIFIED_SKILLED_WORKER_1.ja
    '特定技能１号'
"""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import StringConstraints

from vcwallet.japan.codes import Code

PeriodOfStay: TypeAlias = Annotated[
    str, StringConstraints(min_length=3, pattern="^P(?:[0-9]{1,2}Y)?(?:[0-9]{1,2}M)?(?:[0-9]{1,3}D)?$")
]
"""A period such as ``P3Y`` or ``P4M`` (ISO 8601-1, section 5.5.2)."""


class ForeignResidentCategory(Code):
    """Why a foreign national is on the resident register (Residential Basic Book Act, art. 30-45)."""

    MID_TO_LONG_TERM = "mid_to_long_term", "中長期在留者", "Mid- to long-term resident"
    SPECIAL_PERMANENT = "special_permanent", "特別永住者", "Special permanent resident"
    TEMPORARY_REFUGE = "temporary_refuge", "一時庇護許可者又は仮滞在許可者", "Permission of temporary refuge or stay"
    TRANSITIONAL = "transitional", "経過滞在者", "Transitional resident"


class StatusOfResidence(Code):
    """A status of residence, as a residence card names it."""

    DIPLOMAT = "diplomat", "外交", "Diplomat"
    OFFICIAL = "official", "公用", "Official"
    PROFESSOR = "professor", "教授", "Professor"
    ARTIST = "artist", "芸術", "Artist"
    RELIGIOUS_ACTIVITIES = "religious_activities", "宗教", "Religious Activities"
    JOURNALIST = "journalist", "報道", "Journalist"
    HIGHLY_SKILLED_PROFESSIONAL_1A = (
        "highly_skilled_professional_1a",
        "高度専門職１号イ",
        "Highly Skilled Professional (i)(a)",
    )
    HIGHLY_SKILLED_PROFESSIONAL_1B = (
        "highly_skilled_professional_1b",
        "高度専門職１号ロ",
        "Highly Skilled Professional (i)(b)",
    )
    HIGHLY_SKILLED_PROFESSIONAL_1C = (
        "highly_skilled_professional_1c",
        "高度専門職１号ハ",
        "Highly Skilled Professional (i)(c)",
    )
    HIGHLY_SKILLED_PROFESSIONAL_2 = (
        "highly_skilled_professional_2",
        "高度専門職２号",
        "Highly Skilled Professional (ii)",
    )
    BUSINESS_MANAGER = "business_manager", "経営・管理", "Business Manager"
    LEGAL_ACCOUNTING = "legal_accounting", "法律・会計業務", "Legal/Accounting Services"
    MEDICAL_SERVICES = "medical_services", "医療", "Medical Services"
    RESEARCHER = "researcher", "研究", "Researcher"
    INSTRUCTOR = "instructor", "教育", "Instructor"
    ENGINEER_HUMANITIES_INTERNATIONAL = (
        "engineer_humanities_international",
        "技術・人文知識・国際業務",
        "Engineer/Specialist in Humanities/International Services",
    )
    INTRA_COMPANY_TRANSFEREE = "intra_company_transferee", "企業内転勤", "Intra-company Transferee"
    NURSING_CARE = "nursing_care", "介護", "Nursing Care"
    ENTERTAINER = "entertainer", "興行", "Entertainer"
    SKILLED_LABOR = "skilled_labor", "技能", "Skilled Labor"
    SPECIFIED_SKILLED_WORKER_1 = "specified_skilled_worker_1", "特定技能１号", "Specified Skilled Worker (i)"
    SPECIFIED_SKILLED_WORKER_2 = "specified_skilled_worker_2", "特定技能２号", "Specified Skilled Worker (ii)"
    TECHNICAL_INTERN_1A = "technical_intern_1a", "技能実習１号イ", "Technical Intern Training (i)(a)"
    TECHNICAL_INTERN_1B = "technical_intern_1b", "技能実習１号ロ", "Technical Intern Training (i)(b)"
    TECHNICAL_INTERN_2A = "technical_intern_2a", "技能実習２号イ", "Technical Intern Training (ii)(a)"
    TECHNICAL_INTERN_2B = "technical_intern_2b", "技能実習２号ロ", "Technical Intern Training (ii)(b)"
    TECHNICAL_INTERN_3A = "technical_intern_3a", "技能実習３号イ", "Technical Intern Training (iii)(a)"
    TECHNICAL_INTERN_3B = "technical_intern_3b", "技能実習３号ロ", "Technical Intern Training (iii)(b)"
    EMPLOYMENT_FOR_SKILL_DEVELOPMENT = (
        "employment_for_skill_development",
        "育成就労",
        "Employment for Skill Development",
    )
    CULTURAL_ACTIVITIES = "cultural_activities", "文化活動", "Cultural Activities"
    TEMPORARY_VISITOR = "temporary_visitor", "短期滞在", "Temporary Visitor"
    STUDENT = "student", "留学", "Student"
    TRAINEE = "trainee", "研修", "Trainee"
    DEPENDENT = "dependent", "家族滞在", "Dependent"
    DESIGNATED_ACTIVITIES = "designated_activities", "特定活動", "Designated Activities"
    PERMANENT_RESIDENT = "permanent_resident", "永住者", "Permanent Resident"
    SPOUSE_CHILD_OF_JAPANESE = "spouse_child_of_japanese", "日本人の配偶者等", "Spouse or Child of Japanese National"
    SPOUSE_CHILD_OF_PERMANENT_RESIDENT = (
        "spouse_child_of_permanent_resident",
        "永住者の配偶者等",
        "Spouse or Child of Permanent Resident",
    )
    LONG_TERM_RESIDENT = "long_term_resident", "定住者", "Long-Term Resident"
    # Of a law of its own, but in the same place on the record.
    SPECIAL_PERMANENT_RESIDENT = "special_permanent_resident", "特別永住者", "Special Permanent Resident"
