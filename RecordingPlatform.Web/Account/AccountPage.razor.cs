using System.Globalization;
using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Account;

/// <summary>Who the visitor is here, how it looks to them, their password and their devices.</summary>
public sealed partial class AccountPage
{
    public sealed class Input
    {
        public string? Current { get; set; }
        public string? Chosen { get; set; }
        public string? Repeated { get; set; }
    }

    [Inject] PlatformApi Api { get; set; } = null!;
    [Inject] Appearance Looks { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }
    [SupplyParameterFromForm(FormName = "password")] public Input? Form { get; set; }

    /// <summary>What the redirect behind a form has to tell: <c>password</c>, <c>device</c>, or <c>devices</c>.</summary>
    [SupplyParameterFromQuery] public string? Done { get; set; }
    [SupplyParameterFromQuery] public string? Ended { get; set; }
    [SupplyParameterFromQuery] public string? Failed { get; set; }

    PortalUser? _user;
    IReadOnlyList<Device>? _devices;
    ApiProblem? _problem;
    string? _refusal;
    string? _done;
    string? _deviceProblem;

    protected override async Task OnInitializedAsync()
    {
        var me = await Api.GetMeAsync(Context.RequestAborted);
        var devices = await Api.GetDevicesAsync(Context.RequestAborted);
        _user = me.Value;
        _devices = devices.Value is null ? null : [.. devices.Value.Sessions.OrderByDescending(d => d.Current).ThenByDescending(d => d.SeenAt)];
        _problem = me.Problem ?? devices.Problem;
        var ended = int.TryParse(Ended, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
        _done = Done switch
        {
            "password" => ended == 0 ? "Your password is changed." : $"Your password is changed, and {Words.Plural(ended, "other device")} signed out.",
            "devices" => ended == 0 ? "No other device was signed in any more." : $"{Words.Plural(ended, "device")} signed out.",
            _ => null,
        };
        _deviceProblem = Failed is null ? null : "The platform cannot be reached right now, so a device may still be signed in. Try again in a moment.";
    }

    async Task ChangePasswordAsync()
    {
        if (Form is not { Current: { Length: > 0 } current, Chosen: { Length: > 0 } chosen, Repeated: { } repeated })
        {
            Refuse(StatusCodes.Status400BadRequest, "Fill in all three fields.");
            return;
        }
        if (chosen != repeated)
        {
            Refuse(StatusCodes.Status422UnprocessableEntity, "The new password and its repetition differ.");
            return;
        }
        var answer = await Api.ChangePasswordAsync(current, chosen, Context.RequestAborted);
        if (answer.Succeeded)
        {
            Context.Response.Redirect($"/account?done=password&ended={answer.Value.SessionsEnded.ToString(CultureInfo.InvariantCulture)}");
            return;
        }
        Refuse(answer.Problem.Status, answer.Problem switch
        {
            { Code: "current_password_wrong" } => "The current password is not right.",
            { Code: "locked_out", RetryAfter: var wait } => $"Too many wrong passwords. Try again in {Words.Wait(wait ?? TimeSpan.FromMinutes(5))}.",
            { IsTemporary: true, RetryAfter: { } wait } => $"The platform is busy. Your password is unchanged; try again in {Words.Wait(wait)}.",
            { IsTemporary: true } => "The platform cannot be reached right now. Try again in a moment; if the new password does not work then, the old one does.",
            { Detail: { } detail } => detail,
            var other => $"The change was refused ({other.Code}).",
        });
        if (answer.Problem.RetryAfter is { } after)
            Context.Response.Headers.RetryAfter = ((int)Math.Ceiling(after.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
    }

    void Refuse(int status, string why)
    {
        Context.Response.StatusCode = status;
        _refusal = why;
    }
}
