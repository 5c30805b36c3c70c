using Microsoft.AspNetCore.Components;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Sessions;

/// <summary>Opens a session at the API and keeps its handle in the cookie. Two steps where the account has a second factor.</summary>
public sealed partial class SignInPage
{
    public sealed class Input
    {
        public string? Email { get; set; }
        public string? Password { get; set; }
        public string? Code { get; set; }
        public string? Step { get; set; }
    }

    [Inject] PlatformApi Api { get; set; } = null!;
    [Inject] SignInStep Steps { get; set; } = null!;

    [CascadingParameter] public required HttpContext Context { get; set; }
    [SupplyParameterFromForm(FormName = "sign-in")] public Input? Form { get; set; }
    [SupplyParameterFromQuery(Name = ReturnPath.Parameter)] public string? Return { get; set; }
    [SupplyParameterFromQuery(Name = "signed-out")] public string? SignedOut { get; set; }

    string? _error;
    string? _step;

    protected override void OnInitialized()
    {
        if (HttpMethods.IsGet(Context.Request.Method) && Context.User.Identity?.IsAuthenticated == true)
            Context.Response.Redirect(ReturnPath.Checked(Return));
    }

    async Task SignInAsync()
    {
        var credentials = Form?.Step is null ? Typed() : Steps.Open(Form.Step) is { } first ? first with { TwoFactorCode = Form.Code?.Replace(" ", "") } : null;
        if (credentials is null)
        {
            Refuse(StatusCodes.Status400BadRequest, Form?.Step is null ? "Enter your e-mail and password." : "That took more than five minutes. Please sign in again.");
            return;
        }

        var answer = await Api.OpenSessionAsync(credentials, Context.RequestAborted);
        if (answer.Succeeded)
        {
            SessionCookie.Set(Context, answer.Value.Handle, answer.Value.ExpiresAt);
            Context.Response.Redirect(ReturnPath.Checked(Return));
            return;
        }

        var problem = answer.Problem;
        switch (problem.Code)
        {
            case "two_factor_required":
                _step = Steps.Seal(credentials with { TwoFactorCode = null });
                break;
            case "invalid_credentials" when Form?.Step is not null:
                _step = Form.Step;
                Refuse(problem.Status, "That code is not right, or no longer. Enter the one that the app shows now.");
                break;
            case "invalid_credentials":
                Refuse(problem.Status, "The e-mail or the password is not right.");
                break;
            case "locked_out":
                Context.Response.Headers.RetryAfter = problem.RetryAfter is { } wait ? $"{(int)Math.Ceiling(wait.TotalSeconds)}" : default;
                Refuse(problem.Status, $"Too many attempts. Try again in {Words.Wait(problem.RetryAfter ?? TimeSpan.FromMinutes(5))}.");
                break;
            default:
                Refuse(problem.Status, problem.IsTemporary ? "The platform cannot be reached right now. Try again in a moment." : problem.Detail ?? $"Signing in was refused ({problem.Code}).");
                break;
        }
    }

    Credentials? Typed() =>
        Form is { Email: { Length: > 0 } email, Password: { Length: > 0 } password } ? new(email.Trim(), password) : null;

    void Refuse(int status, string error)
    {
        Context.Response.StatusCode = status;
        _error = error;
    }
}
