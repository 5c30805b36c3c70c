using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Access;

/// <summary>Who can sign in, with which roles. Somebody who may administer is always left.</summary>
internal sealed class AdminUsers : IEndpoint
{
    public sealed record CreateRequest
    {
        [EmailAddress, StringLength(256)] public required string Email { get; init; }
        public required string DisplayName { get; init; }
        public required IReadOnlyList<string> Roles { get; init; }
        public required string Password { get; init; }
    }

    public sealed record ChangeRequest
    {
        public string? DisplayName { get; init; }
        /// <summary>All roles afterwards; those not named are taken away.</summary>
        public IReadOnlyList<string>? Roles { get; init; }
        public bool? Disabled { get; init; }
    }

    public sealed record Item
    {
        public required Guid Id { get; init; }
        public string? Email { get; init; }
        public required string DisplayName { get; init; }
        public required IReadOnlyList<string> Roles { get; init; }
        public required bool TwoFactorEnabled { get; init; }
        public required DateTimeOffset CreatedAt { get; init; }
        public DateTimeOffset? DisabledAt { get; init; }
        /// <summary>Newest sign of life of any session, to the minute.</summary>
        public DateTimeOffset? SeenAt { get; init; }
    }

    public sealed record Response
    {
        public required IReadOnlyList<Item> Users { get; init; }
        public required int Total { get; init; }
        public required int Page { get; init; }
        public required int PageSize { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/admin/users", ListAsync).RequirePermission(Permission.UsersManage).Answers(400, "page_invalid");
        routes.MapPost("/api/v1/admin/users", CreateAsync).RequirePermission(Permission.UsersManage)
            .Answers(400, "email_invalid", "display_name_invalid", "bad_request")
            .Answers(403, "role_not_yours")
            .Answers(409, "email_taken")
            .Answers(422, "role_unknown", "account_password_too_short");
        routes.MapPatch("/api/v1/admin/users/{userId:guid}", ChangeAsync).RequirePermission(Permission.UsersManage)
            .Answers(400, "display_name_invalid", "bad_request")
            .Answers(403, "role_not_yours")
            .Answers(404, "user_not_found")
            .Answers(409, "last_administrator")
            .Answers(422, "role_unknown");
    }

    static async Task<Results<Ok<Response>, BadRequest>> ListAsync(int? page, [FromQuery(Name = "page_size")] int? pageSize, RecordingDb db, AuditTrail audit, Caller caller, CancellationToken ct)
    {
        var (number, size) = (page ?? 1, pageSize ?? 20);
        if (number is < 1 or > 10_000_000 || size is < 1 or > 100)
            return new BadRequest("page_invalid", "page is a whole number from 1, page_size one from 1 to 100.");
        var total = await db.Users.CountAsync(ct);
        var users = await Items(db, db.Users.OrderBy(u => u.NormalizedEmail).ThenBy(u => u.Id).Skip((number - 1) * size).Take(size)).ToListAsync(ct);
        await audit.RecordAsync(AuditAction.UsersListed, caller, ct, facts: new { shown = users.Count, page = number });
        await db.SaveChangesAsync(ct);
        return TypedResults.Ok(new Response { Users = users, Total = total, Page = number, PageSize = size });
    }

    static async Task<Results<Created<Item>, BadRequest, Forbidden, Unprocessable, Conflict>> CreateAsync(CreateRequest request, Accounts accounts, RecordingDb db, Caller caller, CancellationToken ct)
    {
        if (!new EmailAddressAttribute().IsValid(request.Email) || request.Email.Length > 256)
            return new BadRequest("email_invalid", "email is an e-mail address.");
        if (request.DisplayName.Trim() is not { Length: > 0 and <= 200 } name)
            return new BadRequest("display_name_invalid", "display_name has 1 to 200 characters.");
        var result = await accounts.CreateAsync(request.Email, name, request.Roles, request.Password, caller, ct);
        return result switch
        {
            AccountResult.Done done => TypedResults.Created($"/api/v1/admin/users/{done.UserId}", await Items(db, db.Users.Where(u => u.Id == done.UserId)).SingleAsync(ct)),
            AccountResult.NotYours notYours => RoleNotYours(notYours),
            AccountResult.Invalid { Code: "email_taken" } => new Conflict("email_taken", "Somebody has this address already."),
            AccountResult.Invalid invalid => new Unprocessable(invalid.Code, invalid.Detail),
            _ => throw new InvalidOperationException($"Making a user ended in {result}."),
        };
    }

    static async Task<Results<Ok<Item>, BadRequest, Forbidden, Unprocessable, NotFound, Conflict>> ChangeAsync(Guid userId, ChangeRequest request, Accounts accounts, RecordingDb db, Caller caller, CancellationToken ct)
    {
        if (request.DisplayName is { } name && name.Trim().Length is 0 or > 200)
            return new BadRequest("display_name_invalid", "display_name has 1 to 200 characters.");
        return await accounts.ChangeAsync(userId, new AccountChange(request.DisplayName?.Trim(), request.Roles, request.Disabled), caller, ct) switch
        {
            AccountResult.Done => TypedResults.Ok(await Items(db, db.Users.Where(u => u.Id == userId)).SingleAsync(ct)),
            AccountResult.NotYours notYours => RoleNotYours(notYours),
            AccountResult.LastAdministrator => new Conflict("last_administrator", "This is the last administrator who can sign in. Make another one first."),
            AccountResult.Invalid invalid => new Unprocessable(invalid.Code, invalid.Detail),
            _ => NotFound.User,
        };
    }

    static Forbidden RoleNotYours(AccountResult.NotYours role) => new("role_not_yours", $"The role {role.Role} brings permissions that you do not have.");

    static IQueryable<Item> Items(RecordingDb db, IQueryable<User> users) => users.AsNoTracking().Select(u => new Item
    {
        Id = u.Id,
        Email = u.Email,
        DisplayName = u.DisplayName,
        Roles = u.Roles.Select(r => r.Role).ToList(),
        TwoFactorEnabled = u.TwoFactorEnabled,
        CreatedAt = u.CreatedAt,
        DisabledAt = u.DisabledAt,
        SeenAt = db.Sessions.Where(s => s.UserId == u.Id).Max(s => (DateTimeOffset?)s.SeenAt),
    });
}
