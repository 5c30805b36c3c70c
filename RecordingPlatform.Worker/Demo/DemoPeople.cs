using RecordingPlatform.Core.Access;

namespace RecordingPlatform.Worker.Demo;

/// <summary>Somebody of the demo organisation who can sign in.</summary>
internal sealed record DemoUser(string Role, string Email, string Name, string? Phone = null);

/// <summary>Who works at the Lindenhof practice and the alarm station beside it, and two of the practice's patients.</summary>
internal static class DemoPeople
{
    const string Domain = "demo.example";

    public static readonly DemoUser Clinician = new(Role.Clinician, $"clinician@{Domain}", "Dr. Ada Lindqvist");
    // Numbers that are nobody's: Ofcom keeps 020 7946 0xxx for drama.
    public static readonly DemoUser Sam = new(Role.Patient, $"patient@{Domain}", "Sam Okafor", "+442079460142");
    public static readonly DemoUser Mira = new(Role.Patient, $"patient2@{Domain}", "Mira Castellanos", "+442079460177");
    public static readonly DemoUser Operator = new(Role.Operator, $"operator@{Domain}", "Jonas Weber");
    public static readonly DemoUser Compliance = new(Role.ComplianceOfficer, $"compliance@{Domain}", "Helena Novak");

    public static readonly IReadOnlyList<DemoUser> All =
    [
        Clinician,
        Sam,
        Mira,
        Operator,
        new(Role.PracticeManager, $"manager@{Domain}", "Priya Raman"),
        Compliance,
        new(Role.Integration, $"integration@{Domain}", "Booking system"),
    ];

    public const string Practice = "+442079460100";
    public const string AlarmStation = "+442079460112";
}
