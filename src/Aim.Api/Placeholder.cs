namespace Aim.Api;
